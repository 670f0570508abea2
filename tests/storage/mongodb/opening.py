"""Stores of these tests: as a deployment opens them, and with parts that a test may watch."""

import contextlib
import secrets
from collections.abc import Iterator

import pymongo

from tests.clock import MovableClock
from tests.parts import OpenStore, opened_with
from tests.storage.mongodb.watching import Watching
from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.driver import DRIVER, Options
from zaqar.storage.mongodb.management import store as management
from zaqar.storage.mongodb.messages.store import Parts
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE
from zaqar.storage.mongodb.server.address import Tls, parse
from zaqar.storage.mongodb.server.connection import Database
from zaqar.storage.mongodb.server.opening import connect


def message_store(uri: str | None, *, clock: Clock | None = None, **options) -> MessageStore:
    """Open a message store as a deployment does, with these options of the driver."""
    return DRIVER.message_store(Options(uri=uri, **options), clock)


def management_store(uri: str | None, *, clock: Clock | None = None, **options) -> ManagementStore:
    """Open a management store likewise."""
    return DRIVER.management_store(Options(uri=uri, **options), clock)


def warnings(uri: str | None, **options) -> list[str]:
    """Return what the driver tells of a server at the start."""
    return DRIVER.warnings(Options(uri=uri, **options))


def database(uri: str, name: str, *, listener: Watching | None = None, indexes=MESSAGE_STORE, patience=10.0):
    """Return a database of the driver, watched or not."""
    address = parse(uri, tls=Tls(), retry_deadline=patience)
    listeners = [listener] if listener else []
    return Database(
        lambda: connect(address, event_listeners=listeners),
        name,
        indexes=indexes,
        deadline=patience,
        attempts=400,
        first_pause=0.02,
    )


@contextlib.contextmanager
def fresh_name(uri: str) -> Iterator[str]:
    """Give the name of a database that is dropped when the block ends."""
    name = f"tests_{secrets.token_hex(6)}"
    yield name
    with contextlib.closing(pymongo.MongoClient(uri)) as client:
        client.drop_database(name)


@contextlib.contextmanager
def opened(uri: str, name: str, clock: Clock | None = None, **options) -> Iterator[OpenStore]:
    """Open a message store; its clock stands still unless another one is given."""
    found = database(uri, name, **options)
    place = (uri, name)
    store = opened_with(Parts(found, clock or MovableClock(), place=place))
    with contextlib.closing(store):
        yield store


@contextlib.contextmanager
def opened_management(uri: str, name: str, **options) -> Iterator[ManagementStore]:
    """Open a management store."""
    with contextlib.closing(
        management.management_store(database(uri, name, indexes=MANAGEMENT_STORE, **options))
    ) as store:
        yield store
