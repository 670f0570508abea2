"""A notifier that is killed: nothing is missing, and little comes twice."""

import contextlib
import subprocess
import sys

import pytest

from tests.conformance.backends import BACKENDS
from tests.notification.receiver import Receiver
from tests.notification.world import World
from zaqar.clock import SystemClock

MOST_REPEATED = 50
"""Messages of a subscription that come again after a kill."""


@pytest.fixture
def sqlite_world(tmp_path, shared):
    """Return a world over a file, and the file."""
    (backend,) = (one for one in BACKENDS if one.name == "sqlite")
    with backend.open(tmp_path, SystemClock(), shared) as stores:
        yield World(stores.message, SystemClock()), tmp_path / "zaqar.db"


@contextlib.contextmanager
def process(path):
    """Run a notifier, and kill it at the end of the block."""
    with subprocess.Popen([sys.executable, "-m", "tests.notification.program", str(path)]) as running:
        try:
            yield
        finally:
            running.kill()


def test_after_each_kill_the_next_one_goes_on(sqlite_world):
    world, path = sqlite_world
    with Receiver() as receiver:
        for number in range(5):
            world.subscribe(receiver.url(f"/{number}"))
        ids = world.post_numbers(400)
        for reached in (1, 300, 1200):
            with process(path):
                receiver.wait_for(reached)
        with process(path):
            receiver.wait_until(
                lambda received: len({(one.path, one.headers["webhook-id"]) for one in received}) == 2000
            )
        counted = receiver.counted()

    assert set(counted) == set(ids)
    assert len(receiver.received) - 2000 <= 3 * 5 * MOST_REPEATED


def test_a_process_that_starts_delivers_what_was_pending_without_being_told(sqlite_world):
    world, path = sqlite_world
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post(b"1")
        with process(path):
            receiver.wait_for(1)
