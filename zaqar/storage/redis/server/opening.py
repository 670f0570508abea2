"""From an address to the server behind it."""

from functools import partial
from typing import Any

from redis.backoff import NoBackoff
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from zaqar.storage.redis.server.address import Address
from zaqar.storage.redis.server.cluster import Cluster
from zaqar.storage.redis.server.direct import Direct
from zaqar.storage.redis.server.server import Link, Server


def open_server(
    address: Address,
    *,
    socket_timeout: float = 1.0,
    max_connections: int = 64,
    retry_deadline: float = 10.0,
    max_reconnect_attempts: int = 10,
    reconnect_sleep: float = 1.0,
) -> Server:
    """Return the server at an address, which is first contacted when it is first used; times are in seconds."""
    timeout = socket_timeout if address.socket_timeout is None else address.socket_timeout
    most = max_connections if address.max_connections is None else address.max_connections
    return Server(
        _link(address, timeout, most, patience=retry_deadline),
        deadline=retry_deadline,
        attempts=max_reconnect_attempts,
        longest_pause=reconnect_sleep,
    )


def _link(address: Address, timeout: float, most: int, *, patience: float) -> Link:
    network: dict[str, Any] = {"socket_timeout": timeout, "socket_connect_timeout": timeout}
    # The driver tries again by itself, with its own deadline; driver_info would cost two commands a connection.
    common = {"protocol": 2, "retry": Retry(NoBackoff(), 0), "driver_info": None, **network}
    login: dict[str, Any] = {"username": address.username, "password": address.password}
    tls = address.tls.keywords() if address.tls else {}
    database: dict[str, Any] = {"db": address.database}
    kind = SSLConnection if address.tls else Connection
    if address.kind == "cluster":
        reach = partial(_direct, kind, {**common, **login, **tls}, most=most, patience=patience)
        return Cluster(address.hosts, reach, patience=2 * timeout)
    connect: Any
    if address.kind == "sentinel":
        pool = _sentinel_pool(address, {**common, **login, **database, **tls})
        connect = partial(pool.connection_class, **pool.connection_kwargs)
    elif address.path is not None:
        socket: Any = UnixDomainSocketConnection  # an abstract class by its annotations, which it is not
        connect = partial(socket, path=address.path, **common, **login, **database)
    else:
        return _direct(kind, {**common, **login, **database, **tls}, address.hosts[0], most=most, patience=patience)
    return Direct(connect, most=most, patience=patience)


def _direct(
    kind: type[Connection], keywords: dict[str, Any], place: tuple[str, int], *, most: int, patience: float
) -> Direct:
    host, port = place
    return Direct(partial(kind, host=host, port=port, socket_keepalive=True, **keywords), most=most, patience=patience)


def _sentinel_pool(address: Address, keywords: dict[str, Any]) -> SentinelConnectionPool:
    """Return a pool for what it knows of making connections; it keeps none."""
    own = {name: keywords[name] for name in keywords if name.startswith(("socket_", "retry", "protocol", "ssl_"))}
    sentinel = Sentinel(
        list(address.hosts),
        sentinel_kwargs={
            **own,
            "ssl": address.tls is not None,
            "username": address.sentinel_username,
            "password": address.sentinel_password,
        },
    )
    return SentinelConnectionPool(address.master, sentinel, ssl=address.tls is not None, **keywords)
