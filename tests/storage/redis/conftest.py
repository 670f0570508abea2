"""A real server for the session, emptied before each test, and the driver on it."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.clock import MovableClock
from tests.integration.redis_servers import RedisServer, redis_server
from tests.parts import OpenStore, opened_with
from tests.storage.redis.crashes import Crashing
from tests.storage.redis.opening import management_store
from tests.storage.redis.scripts import SCRIPTS
from tests.storage.redis.watching import Watching
from zaqar.storage.contract import ManagementStore
from zaqar.storage.redis.driver import DRIVER, Options
from zaqar.storage.redis.server.server import Link


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


@pytest.fixture
def another(server: RedisServer, clock: MovableClock) -> Iterator[Callable[..., OpenStore]]:
    """Open the store as another process does; ``link`` makes of its link the one that it has."""
    with contextlib.ExitStack() as opened:

        def open_with(link: Callable[[Link], Link]) -> OpenStore:
            store = opened_with(DRIVER.parts(Options(uri=server.uri), clock))
            opened.callback(store.close)
            store.parts.server.link = link(store.parts.server.link)
            return store

        yield open_with


@pytest.fixture
def crashing(another: Callable[..., OpenStore]) -> Callable[..., OpenStore]:
    """Make a process that ends after so many commands."""
    return lambda commands, *, loses_last=False: another(partial(Crashing, commands=commands, loses_last=loses_last))
