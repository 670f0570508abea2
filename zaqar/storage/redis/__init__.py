"""The redis driver: both message store and management store on one server, Sentinel or Cluster."""

from typing import Any

from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.redis.address import Address, parse
from zaqar.storage.redis.driver import DRIVER, Options
from zaqar.storage.redis.start import warnings

__all__ = [
    "DRIVER",
    "Address",
    "management_store",
    "message_store",
    "parse",
    "warnings",
]


def message_store(uri: str, *, clock: Clock | None = None, **options: Any) -> MessageStore:
    """Open the message store at ``uri``. Raises ``ConfigurationError``."""
    return DRIVER.message_store(Options(uri=uri, **options), clock)


def management_store(uri: str, *, clock: Clock | None = None, **options: Any) -> ManagementStore:
    """Open the management store at ``uri``. Raises ``ConfigurationError``."""
    return DRIVER.management_store(Options(uri=uri, **options), clock)
