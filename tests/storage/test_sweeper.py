"""The sweeper: it starts with the first request of a process, and nothing that can pass ends it."""

import os
import queue
import threading

import pytest

from tests.storage.batches import wait_until
from zaqar.errors import Unavailable
from zaqar.storage.sweeper import Sweeper

PATIENCE = 10


@pytest.fixture
def swept():
    return queue.SimpleQueue()


@pytest.fixture
def sweeper(swept):
    def sweep():
        swept.put(os.getpid())
        return 0

    made = Sweeper(sweep, interval=0.01)
    yield made
    made.stop()


def test_nothing_is_swept_before_the_first_request(sweeper, swept):
    assert swept.empty()

    sweeper.process_request(None, None)

    assert swept.get(timeout=PATIENCE) == os.getpid()


def test_it_sweeps_again_and_again(sweeper, swept):
    sweeper.process_request(None, None)
    sweeper.process_request(None, None)

    assert [swept.get(timeout=PATIENCE) for _ in range(3)] == [os.getpid()] * 3


@pytest.mark.parametrize("error", [Unavailable("The disk is full."), OSError(28, "No space left on device")])
def test_an_outage_does_not_end_it(swept, error):
    def sweep():
        swept.put(1)
        raise error

    sweeper = Sweeper(sweep, interval=0.01)
    sweeper.start()

    assert [swept.get(timeout=PATIENCE) for _ in range(2)] == [1, 1]
    sweeper.stop()


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_ends(swept, caplog):
    outcomes = iter(
        [Unavailable("Away."), OSError(28, "Full"), False, Unavailable("Away."), 0, 0, Unavailable("Gone.")]
    )

    def sweep():
        outcome = next(outcomes, None)
        swept.put(outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    sweeper = Sweeper(sweep, interval=0.01)
    sweeper.start()
    for _ in range(9):
        swept.get(timeout=PATIENCE)
    sweeper.stop()

    assert [record.getMessage() for record in caplog.records] == [
        "What has expired is not reclaimed until the store answers again: Away.",
        "The store answers again, and what has expired is reclaimed.",
        "What has expired is not reclaimed until the store answers again: Gone.",
        "The store answers again, and what has expired is reclaimed.",
    ]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is its subject
def test_a_mistake_does_not_end_it_and_is_logged_each_time(swept, caplog):
    mistakes = [KeyError("until"), KeyError("until")]

    def sweep():
        swept.put(1)
        if mistakes:
            raise mistakes.pop()

    sweeper = Sweeper(sweep, interval=0.01)
    sweeper.start()

    assert [swept.get(timeout=PATIENCE) for _ in range(3)] == [1, 1, 1]
    sweeper.stop()
    wait_until(lambda: all(thread.name != "sweeper" for thread in threading.enumerate()), what="the end of its threads")
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError, KeyError]


def test_a_forked_process_starts_its_own(sweeper):
    sweeper.process_request(None, None)
    reader, writer = os.pipe()

    child = os.fork()
    if child == 0:
        swept = queue.SimpleQueue()
        sweeper._sweep = lambda: swept.put(os.getpid()) or 0
        sweeper.process_request(None, None)
        os.write(writer, str(swept.get(timeout=PATIENCE)).encode())
        os._exit(0)

    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) == child
    os.close(reader)
    os.close(writer)
