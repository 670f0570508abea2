"""The management store over one database, made out of its parts."""

from zaqar.storage.contract import ManagementStore
from zaqar.storage.sql.database import Database
from zaqar.storage.sql.management.queues import Queues


def management_store(database: Database) -> ManagementStore:
    """Return the management store, which closes the database."""
    return ManagementStore(queues=Queues(database), is_alive=database.is_alive, close=database.close)
