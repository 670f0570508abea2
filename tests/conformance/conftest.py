"""The one fixture that runs every test against every backend, and its parts by name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import queue_key
from tests.clock import MovableClock
from tests.conformance.backends import BACKENDS, Backend, Stores
from zaqar.models import QueueKey
from zaqar.storage.contract import ManagementStore, MessageStore


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    backend: Backend = request.param
    reason = backend.reason_to_skip()
    if reason is not None and os.environ.get("CI") == "true":
        pytest.fail(f"{backend.name} must be tested here: {reason}")
    if reason is not None:
        pytest.skip(f"{backend.name}: {reason}")
    with backend.open(tmp_path, MovableClock()) as opened:
        yield opened


@pytest.fixture
def store(stores: Stores) -> MessageStore:
    return stores.message


@pytest.fixture
def management(stores: Stores) -> ManagementStore:
    return stores.management


@pytest.fixture
def clock(stores: Stores) -> MovableClock:
    return stores.clock


@pytest.fixture
def queue(store: MessageStore) -> QueueKey:
    """Return a queue that can be posted to."""
    key = queue_key()
    store.create_queue(key)
    return key
