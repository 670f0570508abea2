"""The sqlalchemy driver: an embedded database in one file, both message store and management store."""

from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.driver import DRIVER, Options
from zaqar.storage.sql.opening import Synchronous

__all__ = ["DRIVER", "Database", "management_store", "message_store"]


def message_store(uri: str, *, synchronous: Synchronous, clock: Clock | None) -> MessageStore:
    """Open the message store at ``uri``."""
    return DRIVER.message_store(Options(uri=uri, synchronous=synchronous), clock)


def management_store(uri: str, *, synchronous: Synchronous, clock: Clock | None) -> ManagementStore:
    """Open the management store at ``uri``."""
    return DRIVER.management_store(Options(uri=uri, synchronous=synchronous), clock)
