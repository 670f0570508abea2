"""The redis driver: both message store and management store on one server, Sentinel or Cluster."""

from typing import Any

from zaqar.clock import Clock
from zaqar.storage.redis.address import Address, parse
from zaqar.storage.redis.opening import open_server
from zaqar.storage.redis.queues import RedisManagementStore
from zaqar.storage.redis.start import warnings
from zaqar.storage.redis.store import RedisMessageStore
from zaqar.storage.server_clock import ServerClock

__all__ = [
    "Address",
    "RedisManagementStore",
    "RedisMessageStore",
    "management_store",
    "message_store",
    "parse",
    "warnings",
]


def message_store(
    uri: str, *, clock: Clock | None = None, retry_deadline: float = 10.0, **options: Any
) -> RedisMessageStore:
    """Open the message store at ``uri``; without a ``clock`` it follows the server's.

    ``options`` are those of ``open_server``. Raises ``ConfigurationError``.
    """
    server = open_server(parse(uri), retry_deadline=retry_deadline, **options)
    # Twice as long as a post is repeated: the first attempt may reach the server after the last.
    memory = max(int(2 * retry_deadline), 30)
    return RedisMessageStore(server, clock or ServerClock(server), memory=memory)


def management_store(uri: str, *, clock: Clock | None = None, **options: Any) -> RedisManagementStore:  # noqa: ARG001
    """Open the management store at ``uri``, where nothing depends on the time. Raises ``ConfigurationError``."""
    return RedisManagementStore(open_server(parse(uri), **options))
