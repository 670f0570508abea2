"""A server for the session, a database for each test, and the driver on it."""

import contextlib
from collections.abc import Iterator

import pymongo
import pytest

from tests.clock import MovableClock
from tests.integration.mongo_servers import MongoServer, mongo_server
from tests.storage.mongodb.opening import fresh_name, opened, opened_management
from tests.storage.mongodb.watching import Watching
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.messages import writer


@pytest.fixture(autouse=True)
def patient_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the counters be written when a test says so: a command of their thread may not meet what is meant for others."""
    monkeypatch.setattr(writer, "PAUSE", 60.0)


@pytest.fixture(scope="session")
def server(shared) -> MongoServer:
    return shared(mongo_server)


@pytest.fixture
def name(server: MongoServer) -> Iterator[str]:
    with fresh_name(server.uri) as name:
        yield name


@pytest.fixture
def data(server: MongoServer, name: str) -> Iterator[pymongo.database.Database]:
    """The database, seen by a plain client."""
    with contextlib.closing(server.client()) as client:
        yield client[name]


@pytest.fixture
def watch() -> Watching:
    return Watching()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(server: MongoServer, name: str, clock: MovableClock, watch: Watching) -> Iterator[MessageStore]:
    with opened(server.uri, name, clock, listener=watch) as store:
        yield store


@pytest.fixture
def other(server: MongoServer, name: str, clock: MovableClock) -> Iterator[MessageStore]:
    """A store of another process."""
    with opened(server.uri, name, clock) as store:
        yield store


@pytest.fixture
def management(server: MongoServer, name: str, watch: Watching) -> Iterator[ManagementStore]:
    with opened_management(server.uri, name, listener=watch) as store:
        yield store
