"""Writes that are sure to meet in one batch, and a look at what became of it."""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from zaqar.storage.sql.sqlite.connection import Database

DEADLINE = 30.0
"""Seconds after which a write counts as hung."""


def wait_until(is_so: Callable[[], bool], *, what: str) -> None:
    """Wait for another thread or process, but not for ever."""
    deadline = time.monotonic() + DEADLINE
    while not is_so():
        assert time.monotonic() < deadline, f"waited too long for {what}"
        time.sleep(0.001)


@contextlib.contextmanager
def lock_held(database: Database) -> Iterator[None]:
    """Hold the file lock, as a process does that is writing."""
    with Path(f"{database.path}-lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def queued(database: Database) -> int:
    """Return how many writes wait for the file lock, their leader's own included."""
    return database.commit.waiting()


class Batch:
    """Calls, each in a thread of its own, whose writes are committed together and in order."""

    def __init__(self, database: Database, *calls: Callable[[], Any], ends: bool = True) -> None:
        self._threads = ThreadPoolExecutor(len(calls))
        self._futures: list[Future[Any]] = []
        with lock_held(database):
            for call in calls:
                self._futures.append(self._threads.submit(call))
                wait_until(lambda: queued(database) == len(self._futures), what="the write to be queued")
        if ends:
            self.end()

    def end(self) -> None:
        """Wait until every call has returned or raised; ``errors`` has what each raised."""
        self.errors = [future.exception(DEADLINE) for future in self._futures]
        self._threads.shutdown()

    def result_of(self, index: int) -> Any:
        """Return what a call returned, or raise its error."""
        return self._futures[index].result()


@contextlib.contextmanager
def traced(database: Database) -> Iterator[list[str]]:
    """Collect the SQL of all writes."""
    database.write(lambda transaction: None)
    connection = database.commit.writer.connection
    assert connection is not None
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    yield statements
    connection.set_trace_callback(None)
