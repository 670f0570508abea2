"""The mongodb driver: both message store and management store on a server, a replica set or a sharded cluster."""

from zaqar.storage.mongodb.driver import DRIVER

__all__ = ["DRIVER"]
