"""The mongodb driver: both message store and management store on a server, a replica set or a sharded cluster."""

from typing import Any

from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.driver import DRIVER
from zaqar.storage.mongodb.server.address import Address, parse
from zaqar.storage.mongodb.server.opening import Options

__all__ = [
    "DRIVER",
    "Address",
    "Options",
    "management_store",
    "message_store",
    "parse",
    "warnings",
]


def message_store(uri: str | None, *, clock: Clock | None = None, **options: Any) -> MessageStore:
    """Open the message store at ``uri``. Raises ``ConfigurationError``."""
    return DRIVER.message_store(Options(uri=uri, **options), clock)


def management_store(uri: str | None, *, clock: Clock | None = None, **options: Any) -> ManagementStore:
    """Open the management store at ``uri``. Raises ``ConfigurationError``."""
    return DRIVER.management_store(Options(uri=uri, **options), clock)


def warnings(uri: str | None, **options: Any) -> list[str]:
    """Return what an operator should know of a server. Raises ``ConfigurationError``."""
    return DRIVER.warnings(Options(uri=uri, **options))
