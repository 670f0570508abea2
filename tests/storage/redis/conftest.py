"""A real server for the session, emptied before each test, and the driver on it."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.clock import MovableClock
from tests.conformance.acts import claim
from tests.conformance.outbox_acts import subscribe_many
from tests.conformance.redrive_acts import bury, dead_letters, origin_in, queue_beside
from tests.integration.redis_servers import RedisServer, redis_server
from tests.parts import OpenStore, opened_with
from tests.storage.redis.crashes import Crashing
from tests.storage.redis.opening import management_store
from tests.storage.redis.scripts import SCRIPTS
from tests.storage.redis.watching import Watching
from zaqar.models import QueueKey, Subscription
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.ids import named
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


@pytest.fixture
def dead(store: MessageStore, queue: QueueKey) -> QueueKey:
    """Return a queue with three dead letters, which come from ``queue``, and one of which was claimed twice."""
    key = queue_beside(store, queue)
    bury(store, key, *dead_letters(origin_in(queue), 3))
    for _ in range(2):
        store.claims.release(key, named(claim(store, key, limit=1).id))
    return key


@pytest.fixture
def subscription(store: MessageStore, queue: QueueKey) -> Subscription:
    (subscription,) = subscribe_many(store, queue, 1)
    return subscription


@pytest.fixture
def undelivered(store: MessageStore, queue: QueueKey, subscription: Subscription) -> QueueKey:
    """Return a queue with three dead letters, which a subscription of ``queue`` did not take."""
    key = queue_beside(store, queue)
    origin = origin_in(queue, reason="delivery_failed", subscription_id=subscription.id)
    bury(store, key, *dead_letters(origin, 3, ttl=7200))
    return key
