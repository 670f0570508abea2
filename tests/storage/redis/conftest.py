"""A real server for the session, emptied before each test, and the driver on it."""

from collections.abc import Iterator

import pytest

from tests.clock import MovableClock
from tests.integration.redis_servers import RedisServer, redis_server
from tests.parts import OpenStore, opened_with
from tests.storage.redis.opening import management_store
from tests.storage.redis.scripts import SCRIPTS
from tests.storage.redis.watching import Watching
from zaqar.storage.contract import ManagementStore
from zaqar.storage.redis.driver import DRIVER, Options


@pytest.fixture(scope="session")
def server(shared) -> RedisServer:
    """A server that knows every script already, as any server does after a while."""
    server: RedisServer = shared(redis_server)
    for script in SCRIPTS.values():
        server.client().script_load(script.text)
    return server


@pytest.fixture
def client(server):
    """A plain client of the database that the stores use."""
    return server.client()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def store(server: RedisServer, clock: MovableClock) -> Iterator[OpenStore]:
    server.client().flushdb()
    store = opened_with(DRIVER.parts(Options(uri=server.uri), clock))
    store.is_alive()  # so that the connection is there
    yield store
    store.close()


@pytest.fixture
def management(server: RedisServer) -> Iterator[ManagementStore]:
    server.client().flushdb()
    store = management_store(server.uri)
    store.is_alive()
    yield store
    store.close()


@pytest.fixture
def watch(server: RedisServer) -> Watching:
    """What the server was asked while a block ran."""
    return Watching(server)
