"""The access log of a running server: a line for each answer, whatever happens to workers and files."""

import itertools
import re
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.sockets.table import ENGINES
from tests.integration.sockets.wire import Client, head

PLACES = {
    "standard error": {},
    "log_file": {"log_file": "zaqar.log"},
    "log_dir": {"log_dir": "."},
    "log_config_append": {"log_config_append": "logging.conf"},
}
LOGGING = """
[loggers]
keys = root, access
[handlers]
keys = access
[formatters]
keys = plain
[logger_root]
handlers =
[logger_access]
qualname = zaqar.access
level = INFO
handlers = access
propagate = 0
[handler_access]
class = handlers.WatchedFileHandler
args = ("access.log",)
formatter = plain
[formatter_plain]
format = %(message)s
"""


class Traffic:
    """Clients that ask for one queue after another, each once, until the block ends."""

    def __init__(self, server: RunningServer) -> None:
        self.answered: list[str] = []
        self._server = server
        self._numbers = itertools.count()
        self._is_over = threading.Event()
        self._clients = [threading.Thread(target=self._ask) for _ in range(6)]

    def __enter__(self) -> "Traffic":
        for client in self._clients:
            client.start()
        self.go_on(50)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        for client in self._clients:
            client.join()

    def go_on(self, count: int) -> None:
        """Return when so many more answers have come."""
        before = len(self.answered)
        wait_until(lambda: len(self.answered) >= before + count, what="answers")

    def _ask(self) -> None:
        while not self._is_over.is_set():
            name = f"queue-{next(self._numbers)}-end"
            try:
                with Client(self._server.connect()) as client:
                    answer = client.send(head("GET", f"/v2/queues/{name}/stats")).read()
            except OSError:
                continue
            if answer is not None:
                self.answered.append(name)


def written(folder: Path) -> Counter[str]:
    """Return how often each queue is named by a line in any log in the folder."""
    lines = [line for path in folder.glob("*.log*") for line in path.read_text().splitlines()]
    named = [
        re.search("/(queue-[0-9]+-end)/stats status=200 bytes=[0-9]+ milliseconds=[0-9.]+$", line) for line in lines
    ]
    return Counter(match[1] for match in named if match)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_answer_has_its_line_when_the_server_has_stopped_in_the_middle_of_work(
    engine: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "logging.conf").write_text(LOGGING)
    settings = {"server": {"engine": engine}, "DEFAULT": PLACES[place]}

    with running_server(tmp_path, settings) as server, Traffic(server) as traffic:
        traffic.go_on(100)
        assert server.stop() == 0

    lines = written(tmp_path)
    assert [name for name in traffic.answered if lines[name] != 1] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_no_line_is_lost_or_torn_when_files_are_rotated_and_workers_replaced(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine, "workers": 2}, "DEFAULT": {"log_file": "zaqar.log"}}
    log = tmp_path / "zaqar.log"

    with running_server(tmp_path, settings) as server, Traffic(server) as traffic:
        for number in (1, 2):
            workers = server.worker_pids()
            log.rename(tmp_path / f"zaqar.log.{number}")
            server.signal(signal.SIGHUP)
            wait_until(lambda: not set(workers) & set(server.worker_pids()), what="new workers")  # noqa: B023
            traffic.go_on(50)
        log.rename(tmp_path / "zaqar.log.3")  # and once without a word
        traffic.go_on(50)
        server.stop()

    lines = written(tmp_path)
    assert [name for name in traffic.answered if lines[name] != 1] == []
    assert "queue-" in log.read_text()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_line_looks_like_every_other_line_of_the_log(engine: str, tmp_path: Path) -> None:
    with running_server(tmp_path, {"server": {"engine": engine}, "DEFAULT": {"log_file": "zaqar.log"}}) as server:
        with Client(server.connect()) as client:
            client.send(head("GET", "/v2/queues/%1bc%0a/stats")).outcome()
        server.stop()

    (line,) = [line for line in (tmp_path / "zaqar.log").read_text().splitlines() if "/stats" in line]
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \d+ INFO zaqar.access \[-\] request_id=req-", line)
    assert line.isprintable()
