"""How the rows of MongoDB open their stores: each test has a database of its own."""

import contextlib
import functools
import secrets
import threading
from collections.abc import Callable, Iterator

import mongomock
import pymongo

from tests.clock import MovableClock
from tests.conformance import mongomock_parts
from tests.parts import opened_with
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.driver import DRIVER, Options
from zaqar.storage.mongodb.management import store as management
from zaqar.storage.mongodb.messages.store import Parts
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE
from zaqar.storage.mongodb.server.connection import Database

Openers = tuple[Callable[[], MessageStore], Callable[[], ManagementStore]]


class OneAtATime(Database):
    """Runs one command after the other: mongomock lets other threads come into the middle of one."""

    turn = threading.RLock()

    def run(self, command, **keywords):
        with self.turn:
            return super().run(command, **keywords)

    def run_once(self, command, **keywords):
        with self.turn:
            return super().run_once(command, **keywords)


@contextlib.contextmanager
def in_this_process(clock: MovableClock) -> Iterator[Openers]:
    """Give what opens stores on mongomock, which is given the ``$lookup`` that it lacks by ``mongomock_parts``."""
    name = f"conformance_{secrets.token_hex(6)}"
    data = mongomock.store.ServerStore()
    connect = functools.partial(mongomock.MongoClient, _store=data)
    database = functools.partial(OneAtATime, connect, name, deadline=10, attempts=10, first_pause=0.02)
    with mongomock_parts.added():
        yield (
            lambda: opened_with(Parts(database(indexes=MESSAGE_STORE), clock, place=name)),
            lambda: management.management_store(database(indexes=MANAGEMENT_STORE)),
        )


@contextlib.contextmanager
def on_server(uri: str, clock: MovableClock) -> Iterator[Openers]:
    """Give what opens stores on a server that speaks the wire protocol."""
    options = Options(uri=uri, database=f"conformance_{secrets.token_hex(6)}")
    try:
        yield lambda: DRIVER.message_store(options, clock), lambda: DRIVER.management_store(options, clock)
    finally:
        with contextlib.closing(pymongo.MongoClient(uri)) as client:
            client.drop_database(options.database)
