"""The embedded database is away, damaged or held: each answer says so, and nothing that was acknowledged is lost."""

import contextlib
import fcntl
import sqlite3
import time
from pathlib import Path

import pytest

from tests.integration.outages import check_answers_while_away
from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.rest import Service


@pytest.fixture(params=["gunicorn", "granian"])
def server(request, tmp_path):
    """Two workers on a file in a folder of its own."""
    uri = f"sqlite:///{tmp_path}/data/zaqar.db"
    settings = {
        "server": {"engine": request.param, "workers": 2},
        "drivers:message_store:sqlalchemy": {"uri": uri},
        "drivers:management_store:sqlalchemy": {"uri": uri},
    }
    with running_server(tmp_path, settings) as running:
        yield running


def _file(server: RunningServer) -> Path:
    return server.folder / "data" / "zaqar.db"


def _pinged(server: RunningServer) -> int:
    """Ask on a connection of its own, which either worker may accept."""
    with contextlib.closing(Service(server.url)) as service:
        return service.call("GET", "/v2/ping")[0]


def test_while_the_file_is_away_every_answer_says_so(server):
    path = _file(server)
    away = path.with_suffix(".away")

    def take_away() -> None:
        path.rename(away)
        wait_until(lambda: all(_pinged(server) == 503 for _ in range(20)), what="both workers to notice it")

    check_answers_while_away(server, take_away=take_away, bring_back=lambda: away.rename(path))
    assert "The service is not well: The embedded database is not in its place." in server.log


def test_posts_that_go_on_while_the_file_is_moved_away_and_back_are_all_there(server):
    path = _file(server)
    away = path.with_suffix(".away")
    acknowledged: list[int] = []
    with contextlib.closing(Service(server.url)) as service:
        service.post("q", [0])
        for number in range(1, 200):
            if number % 40 == 20:
                path.rename(away)
            if number % 40 == 30:
                away.rename(path)
            document = {"messages": [{"body": number, "ttl": 3600}]}
            if service.call("POST", "/v2/queues/q/messages", document)[0] == 201:
                acknowledged.append(number)
            service.call("GET", "/v2/queues/q/messages")
        wait_until(lambda: service.call("GET", "/v2/ping")[0] == 204, what="the service back")
        bodies = [message["body"] for message in service.every_message("q")]

    assert 100 < len(acknowledged) < 190
    assert set(acknowledged) <= set(bodies)


def test_a_lock_that_a_stopped_process_holds_is_no_outage_without_end(server):
    with contextlib.closing(Service(server.url)) as service:
        (first,) = service.post("q", [1])
        with Path(f"{_file(server)}-lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            began = time.monotonic()
            assert service.call("POST", "/v2/queues/q/messages", {"messages": [{"body": 2}]})[0] == 503
            assert time.monotonic() - began < 20
            assert [message["id"] for message in service.every_message("q")] == [first]
        wait_until(lambda: service.call("GET", "/v2/ping")[0] == 204, what="the service back")
        service.post("q", [3])


def test_damage_is_told_at_the_start_and_by_ping(tmp_path):
    uri = f"sqlite:///{tmp_path}/zaqar.db"
    settings = {"drivers:message_store:sqlalchemy": {"uri": uri}, "drivers:management_store:sqlalchemy": {"uri": uri}}
    with running_server(tmp_path, settings) as server, contextlib.closing(Service(server.url)) as service:
        for _ in range(20):
            service.post("q", ["a body that is easily found" * 20] * 20)
    path = tmp_path / "zaqar.db"
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    page = content.index(b"a body that is easily found") // 4096
    content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)

    with running_server(tmp_path, settings) as server, contextlib.closing(Service(server.url)) as service:
        assert service.call("GET", "/v2/ping")[0] == 503
        wait_until(lambda: "The embedded database is damaged: " in server.log, what="a sentence in the log")
        service.post("other", [1])
