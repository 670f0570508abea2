"""The mongodb driver: both message store and management store on a server, a replica set or a sharded cluster."""

from typing import Unpack

from zaqar.clock import Clock
from zaqar.storage.mongodb.address import Address, parse
from zaqar.storage.mongodb.opening import Options, address_of, open_database, patience_of
from zaqar.storage.mongodb.queues import MongoManagementStore
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE
from zaqar.storage.mongodb.start import warnings
from zaqar.storage.mongodb.store import MongoMessageStore
from zaqar.storage.server_clock import ServerClock

__all__ = [
    "Address",
    "MongoManagementStore",
    "MongoMessageStore",
    "Options",
    "management_store",
    "message_store",
    "parse",
    "place",
    "warnings",
]


def message_store(uri: str | None, *, clock: Clock | None = None, **options: Unpack[Options]) -> MongoMessageStore:
    """Open the message store at ``uri``; without a ``clock`` it follows the server's. Raises ``ConfigurationError``."""
    database = open_database(uri, MESSAGE_STORE, options)
    place = (uri, options.get("database"))
    return MongoMessageStore(database, clock or ServerClock(database), place=place, patience=patience_of(options))


def management_store(
    uri: str | None,
    *,
    clock: Clock | None = None,  # noqa: ARG001 - nothing expires here; the arguments are those of every driver
    **options: Unpack[Options],
) -> MongoManagementStore:
    """Open the management store at ``uri``. Raises ``ConfigurationError``."""
    return MongoManagementStore(open_database(uri, MANAGEMENT_STORE, options))


def place(uri: str | None, **options: Unpack[Options]) -> str:
    """Return where the data is in one line without secrets. Raises ``ConfigurationError``."""
    return f"{address_of(uri, options).place}/{options.get('database', 'zaqar')}"
