import contextlib
import socket

import pytest

from tests.builders import queue_key
from zaqar import news
from zaqar.errors import ConfigurationError
from zaqar.news import Box, HostNews, directory_of


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "news" / "place"


@pytest.fixture
def box(directory):
    with contextlib.closing(Box(directory)) as opened:
        yield opened


@pytest.fixture
def telling(directory):
    with contextlib.closing(HostNews(directory)) as opened:
        yield opened


def test_everybody_who_waits_is_told(directory, box, telling):
    queue, other = queue_key(), queue_key(kind="topic")
    with contextlib.closing(Box(directory)) as second:
        telling.tell(queue)
        telling.tell(other)

        assert box.read() == second.read() == {queue: False, other: False}
        assert box.read() == {}


def test_any_name_can_be_told(box, telling):
    queue = queue_key(project="p/ü\x00\u2028" + "x" * 200, name="a.b-c_" + "n" * 50)

    telling.tell(queue)

    assert box.read() == {queue: False}


def test_a_change_of_subscriptions_is_told_as_such_also_beside_other_news(box, telling):
    queue, other = queue_key(), queue_key()
    telling.tell(queue)
    telling.tell_change(queue)
    telling.tell(queue)
    telling.tell(other)

    assert box.read() == {queue: True, other: False}


def test_news_of_the_release_before_are_understood(directory, box):
    (path,) = directory.iterdir()
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as older:
        older.sendto(b'["p","q","topic"]', str(path))

    assert box.read() == {queue_key(project="p", name="q", kind="topic"): False}


def test_without_anybody_who_waits_nothing_happens(directory, telling):
    telling.tell(queue_key())

    assert not directory.exists()


def test_what_a_full_box_did_not_take_comes_with_the_next(box, telling):
    queues = [queue_key() for _ in range(600)]
    for queue in queues:
        telling.tell(queue)
    first = box.read()
    assert len(first) < len(queues), "the box took everything, so nothing is shown here"

    telling.tell(queues[0])

    assert len(box.read()) > 1


def test_a_box_left_behind_by_a_process_that_was_killed_is_removed(directory):
    directory.mkdir(parents=True, mode=0o700)
    left = directory / "left"
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as gone:
        gone.bind(str(left))

    with contextlib.closing(Box(directory)):
        assert not left.exists()


def test_the_box_of_somebody_who_waits_is_kept(directory, box, telling):
    with contextlib.closing(Box(directory)):
        telling.tell(queue_key())

        assert box.read()


def test_who_stops_waiting_is_told_no_more(directory, telling):
    queue = queue_key()
    box = Box(directory)
    telling.tell(queue)
    box.close()

    telling.tell(queue)

    assert list(directory.iterdir()) == []


def test_what_is_no_news_is_passed_over(directory, box):
    (path,) = directory.iterdir()
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as stranger:
        stranger.sendto(b"\xff", str(path))
        stranger.sendto(b'["a"]', str(path))

    assert box.read() == {}


def test_a_directory_that_others_could_write_to_is_closed_to_them(directory):
    directory.mkdir(parents=True)
    directory.chmod(0o777)

    with contextlib.closing(Box(directory)):
        assert directory.stat().st_mode & 0o777 == 0o700


def test_a_link_in_place_of_the_directory_is_refused(directory, tmp_path):
    directory.parent.mkdir()
    directory.symlink_to(tmp_path)

    with pytest.raises(ConfigurationError, match="news_directory"):
        Box(directory)


def test_a_directory_that_cannot_be_made_is_refused_by_the_name_of_its_option(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match="news_directory"):
        Box(tmp_path / "file" / "place")


def test_each_place_has_a_directory_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    one, two = directory_of("sqlite:///a", below=None), directory_of("sqlite:///b", below=None)

    assert one != two
    assert one.parent == two.parent
    assert one.parent.parent == tmp_path
    assert directory_of("sqlite:///a", below="/elsewhere").parent.as_posix() == "/elsewhere"


def test_a_new_box_is_found_after_a_moment(directory, monkeypatch, telling):
    now = 0.0
    monkeypatch.setattr(news.time, "monotonic", lambda: now)
    queue = queue_key()
    telling.tell(queue)
    with contextlib.closing(Box(directory)) as box:
        now = news.LOOK_AGAIN
        telling.tell(queue)

        assert box.read() == {queue: False}


@pytest.mark.parametrize("removed", ["socket", "directory"])
def test_a_box_that_somebody_removed_is_replaced(directory, box, telling, monkeypatch, removed):
    monkeypatch.setattr(news, "LOOK_AGAIN", 0)
    queue = queue_key()
    telling.tell(queue)
    (path,) = directory.iterdir()
    path.unlink()
    if removed == "directory":
        directory.rmdir()
        directory.parent.rmdir()
    telling.tell(queue)

    assert box.wait(0) == {}
    telling.tell(queue)
    assert box.wait(0) == {queue: False}


def test_a_directory_whose_name_is_too_long_for_sockets_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="news_directory"):
        Box(tmp_path / ("n" * 120) / "place")
