"""Tasks: they run from their start on, nothing that can pass ends them, and a forked process has its own."""

import os
import queue
import threading

import pytest

from tests.storage.sql.batches import wait_until
from zaqar import forks
from zaqar.background import Background, Task

PATIENCE = 10


@pytest.fixture
def done():
    return queue.SimpleQueue()


@pytest.fixture
def task():
    """Make tasks that are stopped in the end."""
    made = []

    def make(run, **options):
        made.append(Task("test", run, **{"interval": 0.01, "failure": "It was not done."} | options))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def _threads():
    return [thread for thread in threading.enumerate() if thread.name == "test"]


def test_a_task_runs_again_and_again_once_it_was_started(task, done):
    started = task(lambda: done.put(os.getpid()))
    assert _threads() == []

    started.start()
    started.start()

    assert [done.get(timeout=PATIENCE) for _ in range(3)] == [os.getpid()] * 3
    assert len(_threads()) == 1


def test_a_task_that_says_when_to_come_again_is_not_run_before(task, done):
    def run():
        done.put("run")
        return 3600.0

    task(run).start()

    assert done.get(timeout=PATIENCE) == "run"
    with pytest.raises(queue.Empty):
        done.get(timeout=0.1)


def test_a_task_that_was_stopped_is_over_and_starts_no_more(task, done):
    stopped = task(lambda: done.put(1))
    stopped.start()
    done.get(timeout=PATIENCE)

    stopped.stop()
    stopped.start()

    assert _threads() == []


def test_who_is_hurried_does_not_wait(task, done):
    def run():
        done.put("run")
        return 3600.0

    hurried = task(run)
    hurried.start()
    done.get(timeout=PATIENCE)

    hurried.hurry()

    assert done.get(timeout=PATIENCE) == "run"
    with pytest.raises(queue.Empty):
        done.get(timeout=0.1)


def test_a_task_that_waits_long_is_stopped_at_once(task, done):
    def run():
        done.put("run")
        return 3600.0

    waiting = task(run)
    waiting.start()
    done.get(timeout=PATIENCE)

    waiting.stop()

    assert _threads() == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # that is its subject
def test_a_mistake_does_not_end_it_and_is_logged_each_time(task, done, caplog):
    mistakes = [KeyError("until"), KeyError("until")]

    def run():
        done.put(1)
        if mistakes:
            raise mistakes.pop()

    failing = task(run)
    failing.start()

    assert [done.get(timeout=PATIENCE) for _ in range(3)] == [1, 1, 1]
    failing.stop()
    wait_until(lambda: not _threads(), what="the end of its threads")
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [KeyError, KeyError]
    assert {record.getMessage() for record in caplog.records} == {"It was not done."}


def test_what_is_done_only_while_it_is_wanted_has_no_thread_otherwise(task, done):
    wanted = [True, False]
    wanting = task(lambda: done.put(1), is_wanted=lambda: bool(wanted and wanted.pop(0)))

    wanting.start()

    assert [done.get(timeout=PATIENCE) for _ in range(2)] == [1, 1]
    wait_until(lambda: not _threads(), what="the end of its thread")
    wanting.start()
    assert done.get(timeout=PATIENCE) == 1


def _told_by_child(act):
    """Run something in a forked process; return what it says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writer, act().encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as told:
        return told.read()


def test_a_forked_process_has_what_lasts_and_not_what_is_only_done_when_wanted(task, done):
    lasting = task(lambda: done.put(os.getpid()))
    wanted = task(lambda: done.put("never"), is_wanted=lambda: True, interval=3600.0)
    Background([lasting, wanted]).start()

    def in_child():
        while (pid := done.get(timeout=PATIENCE)) != os.getpid():
            assert pid == os.getppid()
        return f"{lasting.is_running} {wanted.is_running}"

    assert _told_by_child(in_child) == "True False"


def test_a_forked_process_starts_nothing_that_was_not_started_or_was_stopped(task):
    never, stopped = task(lambda: None), task(lambda: None)
    stopped.start()
    stopped.stop()

    assert _told_by_child(lambda: f"{never.is_running} {stopped.is_running}") == "False False"


def test_whoever_is_gone_is_not_told_of_a_fork():
    class _Forgetful:
        told = 0

        def forget_parent(self):
            self.told += 1

    kept, gone = _Forgetful(), _Forgetful()
    forks.tell(kept)
    forks.tell(gone)
    del gone

    assert _told_by_child(lambda: str(kept.told)) == "1"
    assert kept.told == 0
