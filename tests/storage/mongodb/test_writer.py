"""The thread that writes the counters: nothing ends it but having written everything, and the process's end."""

import threading

import pytest

from tests.integration.process import wait_until
from zaqar.errors import Unavailable
from zaqar.storage.mongodb.messages import writer
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.writer import Writer


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(writer, "PAUSE", 0.01)
    monkeypatch.setattr(writer, "PAUSE_AFTER_FAILURE", 0.01)


class Scribe:
    """What writes, and fails as often as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.counters = Counters()
        self.failures = list(failures)
        self.writer = Writer(self.counters, self.write)

    def write(self, scope: str) -> None:
        with self.counters.written(scope):
            if self.failures:
                raise self.failures.pop()


MISTAKES = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""A mistake is shown as well as logged: that is what these tests are about."""


@MISTAKES
@pytest.mark.parametrize("failure", [Unavailable("The store is away."), KeyError("total")], ids=["outage", "mistake"])
def test_a_failure_does_not_end_it(hasty, caplog, failure):
    scribe = Scribe(failure, failure)

    scribe.counters.add("q", position=1, total=1)

    wait_until(lambda: not scribe.counters.scopes(), seconds=5, what="the counters")
    logged = [record for record in caplog.records if "could not be written" in record.getMessage()]
    assert len(logged) == (2 if isinstance(failure, KeyError) else 1)  # an outage is told once
    assert all(bool(record.exc_info) is isinstance(failure, KeyError) for record in logged)
    scribe.writer.stop()


def test_each_outage_is_told(hasty, caplog):
    scribe = Scribe()
    for _ in range(2):
        scribe.failures += [Unavailable("The store is away.")] * 3
        scribe.counters.add("q", position=1, total=1)
        wait_until(lambda: not scribe.writer.task.is_running, seconds=5, what="the counters")
    scribe.writer.stop()

    assert len([record for record in caplog.records if "could not be written" in record.getMessage()]) == 2


def test_it_ends_when_all_is_written_and_starts_anew(hasty):
    scribe = Scribe()
    for _ in range(2):
        scribe.counters.add("q", position=1, total=1)
        wait_until(lambda: not scribe.writer.task.is_running, seconds=5, what="the end of the thread")
        assert not scribe.counters.scopes()
    scribe.writer.stop()


@MISTAKES
def test_stopping_it_does_not_wait_for_what_fails_for_good(monkeypatch):
    monkeypatch.setattr(writer, "PAUSE", 0.0)
    scribe = Scribe(KeyError("total"))
    scribe.counters.add("q", position=1, total=1)
    wait_until(lambda: not scribe.failures, seconds=5, what="the mistake")

    scribe.writer.stop()

    assert "counters" not in {thread.name for thread in threading.enumerate() if thread is not threading.main_thread()}
    assert not scribe.counters.scopes()
