"""The redis driver: both message store and management store on one server, Sentinels or a Cluster."""

from zaqar.storage.redis.driver import DRIVER

__all__ = ["DRIVER"]
