"""What the tests of delivering share."""

import contextlib

import pytest

from tests.clock import MovableClock
from tests.conformance.backends import BACKENDS
from tests.needs import require
from tests.notification.fake_store import fake_store
from tests.notification.world import World
from zaqar.clock import SystemClock

ROWS = ["sqlite", "redis", "mongomock"]
"""Over which stores the tests run; the conformance tests have the rest."""


@contextlib.contextmanager
def _opened(row, folder, clock, shared):
    (backend,) = (one for one in BACKENDS if one.name == row)
    require(backend.name, backend.reason_to_skip())
    with backend.open(folder, clock, shared) as stores:
        yield World(stores.message, clock)


@pytest.fixture
def memory_world():
    """Return a world in memory, and its memory."""
    clock = SystemClock()
    store, memory = fake_store(clock)
    return World(store, clock), memory


@pytest.fixture
def still_memory_world():
    """Return a world in memory whose time only goes on when it is moved, and its memory."""
    clock = MovableClock()
    store, memory = fake_store(clock)
    return World(store, clock), memory


@pytest.fixture(params=ROWS)
def world(request, tmp_path, shared):
    """Return a world."""
    with _opened(request.param, tmp_path, SystemClock(), shared) as world:
        yield world


@pytest.fixture(params=ROWS)
def still_world(request, tmp_path, shared):
    """Return a world whose time only goes on when it is moved."""
    with _opened(request.param, tmp_path, MovableClock(), shared) as world:
        yield world
