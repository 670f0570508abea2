"""The files move while the service runs: what is acknowledged is in those that stand at their paths."""

import contextlib
import shutil
import sqlite3

import pytest

from tests.builders import new_message
from tests.conformance.acts import listed, numbers, post
from tests.storage.children import child
from zaqar.errors import ConfigurationError, Unavailable
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare


@pytest.fixture
def posting(store, queue):
    """Post one number."""
    return lambda number: post(store, queue, new_message(str(number).encode()))


def _beside(path, ending):
    return path.with_name(path.name + ending)


def _fresh(path, queue):
    """Return the numbers that a process sees which opens the database now."""
    with contextlib.closing(Database(f"sqlite:///{path}")) as database:
        return numbers(listed(message_store(database), queue))


def test_while_the_file_is_away_nobody_makes_another_and_all_is_there_when_it_is_back(store, queue, posting, path):
    posting(1)
    kept = path.rename(path.with_suffix(".away"))

    for call in (lambda: posting(2), lambda: store.records.stats(queue), lambda: listed(store, queue)):
        with pytest.raises(Unavailable, match="not in its place"):
            _until_noticed(call)
    assert not store.is_alive()
    assert store.complaint() == "The embedded database is not in its place."
    with pytest.raises(Unavailable):
        _fresh(path, queue)
    assert not path.exists()
    assert _beside(path, "-wal").stat().st_size > 0

    kept.rename(path)
    assert store.is_alive()
    posting(3)
    assert numbers(listed(store, queue)) == [1, 3]
    assert _fresh(path, queue) == [1, 3]


def _until_noticed(call):
    """Call again and again: who reads looks at the files ten times a second."""
    for _ in range(100_000):
        call()


def test_a_folder_that_is_away_is_an_outage_and_ends_when_it_is_back(store, queue, posting, path):
    posting(1)
    kept = path.parent.rename(path.parent.with_name("away"))

    with pytest.raises(Unavailable):
        posting(2)
    assert not store.is_alive()
    assert not path.parent.exists()

    kept.rename(path.parent)
    posting(3)
    assert _fresh(path, queue) == [1, 3]


@pytest.mark.parametrize("endings", [("-wal", "-shm"), ("-wal",), ("-shm",)], ids=" and ".join)
def test_what_was_acknowledged_outlives_the_removal_of_the_log(database, store, queue, posting, path, endings):
    posting(1)
    for ending in endings:
        _beside(path, ending).unlink()

    acknowledged = [1]
    for number in range(2, 5):
        with contextlib.suppress(Unavailable):
            posting(number)
            acknowledged.append(number)
    database.close()

    assert _fresh(path, queue) == acknowledged
    if len(endings) == 2:
        assert acknowledged == [1, 2, 3, 4]


def test_a_log_removed_under_two_processes_costs_neither_what_it_was_told(store, queue, posting, path):
    posting(1)

    def work(parent):
        post(store, queue, new_message(b"2"))
        parent.say()
        parent.wait()
        post(store, queue, new_message(b"4"))

    with child(work) as forked:
        forked.wait()
        for ending in ("-wal", "-shm"):
            _beside(path, ending).unlink()
        posting(3)
        forked.say()
        assert forked.end() == 0

    posting(5)
    assert numbers(listed(store, queue)) == _fresh(path, queue) == [1, 2, 3, 4, 5]


def test_two_processes_follow_to_the_file_that_was_put_in_the_place_of_the_old(database, store, queue, posting, path):
    """The one that closes the old file last must not take the log of the new one away."""
    posting(1)
    database.close()
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    posting(2)

    def work(parent):
        listed(store, queue)
        post(store, queue, new_message(b"3"))
        parent.say()
        parent.wait()
        post(store, queue, new_message(b"5"))

    with child(work) as forked:
        forked.wait()
        path.unlink()
        for ending in ("-wal", "-shm"):
            _beside(path, ending).unlink()
        copy.rename(path)
        posting(4)
        forked.say()
        assert forked.end() == 0

    assert numbers(listed(store, queue)) == _fresh(path, queue) == [1, 4, 5]


def test_a_copy_beside_the_log_of_the_old_file_is_not_written_to(database, store, queue, posting, path):
    """Its log belongs to another state of the data: the two together would be neither."""
    posting(1)
    database.close()
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    posting(2)
    copy.rename(path)

    with pytest.raises(Unavailable, match="replaced, but its log was not"):
        posting(3)
    assert not store.is_alive()

    for ending in ("-wal", "-shm"):
        _beside(path, ending).unlink()
    posting(4)
    assert _fresh(path, queue) == [1, 4]


def test_readers_follow_to_another_file_without_a_writer(database, store, queue, posting, path):
    posting(1)
    database.close()
    copy = path.with_suffix(".copy")
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as other:
        other.execute("UPDATE messages SET body = '9'")
    other.close()
    assert numbers(listed(store, queue)) == [1]
    copy.rename(path)
    for ending in ("-wal", "-shm"):
        _beside(path, ending).unlink()

    assert store.is_alive()
    assert numbers(listed(store, queue)) == [9]


def test_an_empty_file_in_the_place_does_not_cost_the_log(store, queue, posting, path):
    """A copy that has just begun is empty; SQLite would take it for new, and remove the log."""
    posting(1)
    kept = path.rename(path.with_suffix(".away"))
    path.touch()

    with pytest.raises(Unavailable):
        _fresh(path, queue)
    with pytest.raises(Unavailable):
        posting(2)

    kept.rename(path)
    posting(3)
    assert _fresh(path, queue) == [1, 3]


def test_a_start_makes_no_database_where_one_is_away(path):
    uri = f"sqlite:///{path}"
    prepare(uri)
    kept = path.rename(path.with_suffix(".away"))

    with pytest.raises(ConfigurationError, match=r"is missing, and zaqar\.db-lock says that there was one"):
        prepare(uri)
    path.touch()
    with pytest.raises(ConfigurationError, match="is missing"):
        prepare(uri)

    kept.rename(path)
    assert prepare(uri) == []


def test_a_reload_makes_no_database_where_the_disk_is_away(path):
    uri = f"sqlite:///{path}"
    prepare(uri)
    path.parent.rename(path.parent.with_name("away"))

    with pytest.raises(ConfigurationError, match="is missing: put it back"):
        prepare(uri)


def test_files_are_for_their_owner_alone(database, store, queue, posting, path, clock):
    uri = f"sqlite:///{path}"
    database.close()
    path.chmod(0o644)
    _beside(path, "-lock").chmod(0o666)

    assert prepare(uri) == [
        f"Other users could open zaqar.db, zaqar.db-lock in {path.parent}; their mode is to be 600."
    ]
    posting(1)
    clock.move(1_000_000)
    assert store.sweep() == 1

    modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.glob("zaqar.db*")}
    assert set(modes) == {f"zaqar.db{ending}" for ending in ("", "-wal", "-shm", "-lock", "-sweep", "-reserve")}
    assert set(modes.values()) == {0o600}
