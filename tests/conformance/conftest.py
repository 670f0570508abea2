"""The one fixture that runs every test against every backend, and its parts by name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import queue_key
from tests.clock import MovableClock
from tests.conformance.backends import BACKENDS, Backend, Stores
from tests.needs import Shared, require
from zaqar.models import QueueKey
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.messages import taking
from zaqar.storage.redis.messages import dead_letters

LONG = 60.0
"""Seconds that no claim of these tests takes, however busy the machine is."""


@pytest.fixture(autouse=True)
def _unhurried_redis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a claim move all dead letters: what it leaves after a second of the real time waits for half a minute of ours."""
    monkeypatch.setattr(dead_letters, "PATIENCE", LONG)


@pytest.fixture
def unhurried_claims(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no claim come back with less than there is because the machine was busy."""
    monkeypatch.setattr(taking, "LONGEST_MOVE", LONG)
    monkeypatch.setattr(taking, "LONGEST", LONG)


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def stores(request: pytest.FixtureRequest, tmp_path: Path, shared: Shared) -> Iterator[Stores]:
    backend: Backend = request.param
    require(backend.name, backend.reason_to_skip())
    with backend.open(tmp_path, MovableClock(), shared) as opened:
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
    store.records.create(key)
    return key
