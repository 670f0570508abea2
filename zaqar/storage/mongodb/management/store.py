"""The management store in one database of a server, a replica set or a sharded cluster."""

from zaqar.storage.contract import ManagementStore
from zaqar.storage.mongodb.management.queues import Queues
from zaqar.storage.mongodb.server.connection import Database


def management_store(database: Database) -> ManagementStore:
    """Return the management store, which closes the connections."""
    return ManagementStore(queues=Queues(database), is_alive=database.is_alive, close=database.close)
