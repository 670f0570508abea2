"""The sqlalchemy driver: an embedded database in one file, both message store and management store."""

from zaqar.clock import Clock
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.driver import DRIVER, Options
from zaqar.storage.sql.opening import Synchronous
from zaqar.storage.sql.queues import SqlManagementStore
from zaqar.storage.sql.store import SqlMessageStore

__all__ = ["DRIVER", "Database", "SqlManagementStore", "SqlMessageStore", "management_store", "message_store"]


def message_store(uri: str, *, synchronous: Synchronous, clock: Clock | None) -> SqlMessageStore:
    """Open the message store at ``uri``."""
    return DRIVER.message_store(Options(uri=uri, synchronous=synchronous), clock)


def management_store(uri: str, *, synchronous: Synchronous, clock: Clock | None) -> SqlManagementStore:
    """Open the management store at ``uri``."""
    return DRIVER.management_store(Options(uri=uri, synchronous=synchronous), clock)
