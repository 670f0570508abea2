import os
import signal

import pytest

from tests.integration.process import wait_until
from zaqar.cmd import child as module
from zaqar.cmd.child import Child


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(module, "AFTER_DEATH", 0.05)


@pytest.fixture
def said(tmp_path):
    return tmp_path / "said"


@pytest.fixture
def child(said):
    made = Child("tests.cmd.program", [str(said)])
    yield made
    made.stop()


def runs(said, number):
    """Wait until so many have run; return the process of the last."""
    lines = wait_until(
        lambda: said.exists() and (found := said.read_text().splitlines())[number - 1 :] and found,
        what=f"start number {number}",
    )
    return int(lines[-1].split()[0])


def is_there(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_runs_and_knows_its_parent(child, said):
    child.start()

    runs(said, 1)
    assert said.read_text().split()[1] == str(os.getpid())


def test_a_child_that_is_killed_is_replaced(child, said, caplog):
    child.start()

    os.kill(runs(said, 1), signal.SIGKILL)

    assert is_there(runs(said, 2))
    assert "has ended with status -9" in caplog.text


def test_a_child_that_is_stopped_ends_and_is_not_replaced(child, said):
    child.start()
    pid = runs(said, 1)

    child.stop()

    assert not is_there(pid)
    assert len(said.read_text().splitlines()) == 1


def test_a_second_start_replaces_it_and_is_no_error(child, said, caplog):
    child.start()
    first = runs(said, 1)

    child.start()

    assert is_there(runs(said, 2))
    assert not is_there(first)
    assert caplog.text == ""


def test_a_dismissed_child_can_be_started_again(child, said):
    child.start()
    first = runs(said, 1)
    child.dismiss()
    wait_until(lambda: not is_there(first), what="its end")

    child.start()

    assert is_there(runs(said, 2))


def test_a_signal_reaches_it(child, said):
    child.start()
    pid = runs(said, 1)

    child.tell(signal.SIGKILL)

    wait_until(lambda: not is_there(pid) or runs(said, 2), what="its end")


def test_a_forked_process_leaves_it_alone(child, said):
    child.start()
    pid = runs(said, 1)

    if not (forked := os.fork()):
        try:
            child.stop()
        finally:
            os._exit(0)
    os.waitpid(forked, 0)

    assert is_there(pid)
    assert len(said.read_text().splitlines()) == 1
