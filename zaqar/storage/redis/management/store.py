"""The management store on one server, on Sentinels or on a Cluster."""

from zaqar.storage.contract import ManagementStore
from zaqar.storage.redis.management.queues import Queues
from zaqar.storage.redis.server.server import Server


def management_store(server: Server) -> ManagementStore:
    """Return the management store, which closes the connections."""
    return ManagementStore(queues=Queues(server), is_alive=server.is_alive, close=server.close)
