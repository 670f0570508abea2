"""The redis driver: both message store and management store on one server, Sentinel or Cluster."""

from zaqar.clock import Clock
from zaqar.storage.redis.address import Address, parse
from zaqar.storage.redis.clock import ServerClock
from zaqar.storage.redis.opening import open_server
from zaqar.storage.redis.queues import RedisManagementStore
from zaqar.storage.redis.start import warnings
from zaqar.storage.redis.store import RedisMessageStore

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
    uri: str,
    *,
    clock: Clock | None = None,
    socket_timeout: float = 1.0,
    max_connections: int = 64,
    retry_deadline: float = 10.0,
    max_reconnect_attempts: int = 10,
    reconnect_sleep: float = 1.0,
) -> RedisMessageStore:
    """Open the message store at ``uri``; without a ``clock`` it follows the server's. Raises ``ConfigurationError``."""
    server = open_server(
        parse(uri),
        socket_timeout=socket_timeout,
        max_connections=max_connections,
        retry_deadline=retry_deadline,
        max_reconnect_attempts=max_reconnect_attempts,
        reconnect_sleep=reconnect_sleep,
    )
    # Twice as long as a post is repeated: the first attempt may reach the server after the last.
    memory = max(int(2 * retry_deadline), 30)
    return RedisMessageStore(server, clock or ServerClock(server), memory=memory)


def management_store(
    uri: str,
    *,
    clock: Clock | None = None,  # noqa: ARG001 - nothing expires here; the arguments are those of every driver
    socket_timeout: float = 1.0,
    max_connections: int = 64,
    retry_deadline: float = 10.0,
    max_reconnect_attempts: int = 10,
    reconnect_sleep: float = 1.0,
) -> RedisManagementStore:
    """Open the management store at ``uri``. Raises ``ConfigurationError``."""
    server = open_server(
        parse(uri),
        socket_timeout=socket_timeout,
        max_connections=max_connections,
        retry_deadline=retry_deadline,
        max_reconnect_attempts=max_reconnect_attempts,
        reconnect_sleep=reconnect_sleep,
    )
    return RedisManagementStore(server)
