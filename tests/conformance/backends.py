"""The table of backends. A driver is supported when it passes this folder with one row added here.

The author of a driver elsewhere has the row in a conftest of their own: see ``use_only`` and ``of_driver``.
"""

import contextlib
import functools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import redis
from fakeredis import FakeRedisConnection, FakeServer

from tests.clock import MovableClock
from tests.conformance import mongodb_rows
from tests.integration.mongo_servers import missing_mongo, named_or_own_mongo
from tests.integration.redis_groups import redis_cluster
from tests.integration.redis_servers import VARIABLE, missing_redis, named_or_own_redis
from tests.needs import Shared
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.driver import Chosen, Driver, Options
from zaqar.storage.redis.driver import DRIVER as REDIS
from zaqar.storage.redis.driver import Options as RedisOptions
from zaqar.storage.redis.management.store import management_store
from zaqar.storage.redis.messages.store import Parts
from zaqar.storage.redis.server.direct import Direct
from zaqar.storage.redis.server.server import Server
from zaqar.storage.sql.management import store as sql_management
from zaqar.storage.sql.messages import store as sql_messages
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

Own = TypeVar("Own", bound=Options)


@dataclass(frozen=True)
class Stores:
    """Both bundles on one set of data; ``reopen`` gives another pair on it, as another process would have."""

    message: MessageStore
    management: ManagementStore
    clock: MovableClock
    reopen: Callable[[], "Stores"]


@dataclass(frozen=True)
class Backend:
    """One row.

    ``reason_to_skip`` names what is missing here; ``open`` makes empty stores in a folder of their own, or on a server
    that the whole session shares. A networked store remembers the tokens of posts.
    """

    name: str
    reason_to_skip: Callable[[], str | None]
    open: Callable[[Path, MovableClock, Shared], AbstractContextManager[Stores]]
    is_networked: bool = True
    has_races: bool = True
    """Whether races between threads prove anything: not where they take turns, nor where a step is not atomic."""


def _always_there() -> None:
    return None


@functools.cache
def _empty_database() -> bytes:
    """Migrate once: a copy of the result costs each test a tenth of a migration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "zaqar.db")
        prepare(f"sqlite:///{path}")
        return path.read_bytes()


@contextlib.contextmanager
def _sqlite(folder: Path, clock: MovableClock, _: Shared) -> Iterator[Stores]:
    path = folder / "zaqar.db"
    path.write_bytes(_empty_database())
    with contextlib.ExitStack() as opened:

        def open_stores() -> Stores:
            # NORMAL: nobody pulls the plug during these tests, and a sync for each write would triple their time.
            database = Database(f"sqlite:///{path}", synchronous="NORMAL", clock=clock)
            message, management = sql_messages.message_store(database), sql_management.management_store(database)
            opened.callback(management.close)
            opened.callback(message.close)
            return Stores(message, management, clock, open_stores)

        yield open_stores()


@contextlib.contextmanager
def _fakeredis(_folder: Path, clock: MovableClock, _shared: Shared) -> Iterator[Stores]:
    connect = functools.partial(FakeRedisConnection, server=FakeServer(version=(7, 0)), protocol=2)

    def open_server() -> Server:
        return Server(Direct(connect, most=64, patience=10), deadline=10, attempts=10, longest_pause=1)

    def open_message_store() -> MessageStore:
        return Parts(open_server(), clock, memory=30).store()

    with _pairs(clock, open_message_store, lambda: management_store(open_server())) as pair:
        yield pair


@contextlib.contextmanager
def _redis(_folder: Path, clock: MovableClock, shared: Shared) -> Iterator[Stores]:
    uri = shared(named_or_own_redis)
    with contextlib.closing(redis.Redis.from_url(uri)) as client:
        client.flushdb()
    with _redis_at(uri, clock) as stores:
        yield stores


@contextlib.contextmanager
def _redis_cluster(_folder: Path, clock: MovableClock, shared: Shared) -> Iterator[Stores]:
    cluster = shared(redis_cluster)
    cluster.flush()
    with _redis_at(cluster.uri, clock) as stores:
        yield stores


@contextlib.contextmanager
def _mongomock(_folder: Path, clock: MovableClock, _shared: Shared) -> Iterator[Stores]:
    with mongodb_rows.in_this_process(clock) as openers, _pairs(clock, *openers) as stores:
        yield stores


@contextlib.contextmanager
def _mongodb(_folder: Path, clock: MovableClock, shared: Shared) -> Iterator[Stores]:
    with mongodb_rows.on_server(shared(named_or_own_mongo), clock) as openers, _pairs(clock, *openers) as stores:
        yield stores


def _redis_at(uri: str, clock: MovableClock) -> AbstractContextManager[Stores]:
    # A second for an answer is enough in earnest; here the machine may be busy with other tests.
    options = RedisOptions(uri=uri, socket_timeout=10.0)
    return _pairs(clock, lambda: REDIS.message_store(options, clock), lambda: REDIS.management_store(options, clock))


@contextlib.contextmanager
def _pairs(
    clock: MovableClock, open_message_store: Callable[[], MessageStore], open_management: Callable[[], ManagementStore]
) -> Iterator[Stores]:
    with contextlib.ExitStack() as opened:

        def open_stores() -> Stores:
            message, management = open_message_store(), open_management()
            opened.callback(management.close)
            opened.callback(message.close)
            return Stores(message, management, clock, open_stores)

        yield open_stores()


def _missing_redis() -> str | None:
    return None if VARIABLE in os.environ else missing_redis()


BACKENDS = [
    Backend("sqlite", _always_there, _sqlite, is_networked=False),
    # Under load, two of its threads were seen inside one script each at the same time, which no Redis does.
    Backend("fakeredis", _always_there, _fakeredis, has_races=False),
    Backend("redis", _missing_redis, _redis),
    Backend("redis-cluster", missing_redis, _redis_cluster),
    # It has no $lookup with variables and a pipeline: what stands in for it is ours, in mongomock_parts.
    Backend("mongomock", _always_there, _mongomock, has_races=False),
    Backend("mongodb", missing_mongo, _mongodb),
]

RACING = [backend for backend in BACKENDS if backend.has_races]


def of_driver(
    driver: Driver[Own], options: Callable[[Path], Own], *, is_networked: bool = True, has_races: bool = True
) -> Backend:
    """Return the row of a driver; ``options`` says, for a test's own empty folder, how to open empty stores."""

    @contextlib.contextmanager
    def opened(folder: Path, clock: MovableClock, _shared: Shared) -> Iterator[Stores]:
        chosen = Chosen(driver, options(folder))
        chosen.check()
        chosen.prepare()
        with _pairs(clock, lambda: chosen.message_store(clock), lambda: chosen.management_store(clock)) as stores:
            yield stores

    return Backend(driver.name, _always_there, opened, is_networked=is_networked, has_races=has_races)


def use_only(*rows: Backend) -> None:
    """Let these rows be the whole table; for the conftest of somebody else, which pytest has to read before the suite's."""
    if "tests.conformance.conftest" in sys.modules:
        raise RuntimeError(
            "Name the folder of this conftest before the suite: pytest --pyargs FOLDER tests.conformance"
        )
    BACKENDS[:] = rows
    RACING[:] = [backend for backend in rows if backend.has_races]
