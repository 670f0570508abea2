"""What the tests of delivering share."""

import pytest

from tests.notification.fake_store import fake_store
from tests.notification.world import World
from zaqar.clock import SystemClock


@pytest.fixture
def memory_world():
    """Return a world in memory, and its memory."""
    clock = SystemClock()
    store, memory = fake_store(clock)
    return World(store, clock), memory


@pytest.fixture
def world(memory_world):
    """Return a world."""
    return memory_world[0]
