"""What the operator should know of a Redis before the service starts."""

import re
from collections.abc import Iterator
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from zaqar.errors import ConfigurationError
from zaqar.storage.redis.keys import PREFIX
from zaqar.storage.redis.server.address import Address, parse
from zaqar.storage.redis.server.server import SCAN_COUNT

OLDEST = (6, 2)
LONGEST_QUESTION = 2.0
"""Seconds for one answer: a start does not wait for a server that hangs."""

MOST_LOOKED_THROUGH = 10_000
"""Keys among which the data of another implementation is looked for: a start does not look at millions."""

_FOREIGN = (b"msgset_index", b".queues_set", b".messages", b".rank_counter")

Figures = dict[str, Any]


def warnings(uri: str, *, socket_timeout: float = 1.0) -> list[str]:
    """Ask the servers at ``uri`` once and return what is doubtful, a sentence each.

    Raises ``ConfigurationError`` for what no waiting mends: an
    address that cannot be used, a wrong password, a server that is too old or of another kind than the address says.
    """
    address = parse(uri)
    seconds = min(address.socket_timeout or socket_timeout, LONGEST_QUESTION)
    lines: list[str] = []
    failures: list[str] = []
    has_answer = False
    for host in _data_servers(address, seconds, failures):
        try:
            lines += _ask(address, host, seconds)
            has_answer = True
        except redis.RedisError as error:
            failures.append(_one_line(error))
    if not has_answer:
        lines.append(
            f"Redis at {address.place} does not answer; the service starts anyway, and answers 503 until it does: "
            f"{failures[0]}"
        )
    return list(dict.fromkeys(lines))


def _data_servers(address: Address, seconds: float, failures: list[str]) -> Iterator[tuple[str, int] | None]:
    """Give each server that is to be asked; None stands for the Unix socket."""
    if address.kind != "sentinel":
        yield from address.hosts or (None,)
        return
    sentinel = redis.Sentinel(
        list(address.hosts),
        sentinel_kwargs=_keywords(address, seconds)
        | {"username": address.sentinel_username, "password": address.sentinel_password},
    )
    try:
        yield sentinel.discover_master(address.master)
    except redis.RedisError as error:
        failures.append(_one_line(error))
    finally:
        for client in sentinel.sentinels:
            client.close()


def _ask(address: Address, host: tuple[str, int] | None, seconds: float) -> list[str]:
    """Return what is doubtful about one server."""
    place: dict[str, Any] = {"unix_socket_path": address.path} if host is None else {"host": host[0], "port": host[1]}
    login: dict[str, Any] = {"username": address.username, "password": address.password, "db": address.database}
    # A context manager gives the connection back and leaves it open.
    client = redis.Redis(**place, **login, **_keywords(address, seconds))
    try:
        figures: Figures = client.info()
        _check(address, figures)
        return [
            *_about(address, figures),
            *_about_persistence(address, figures, client),
            *_about_foreign_data(address, client),
        ]
    except redis.AuthenticationError as error:
        raise ConfigurationError(
            f"Redis at {address.place} refuses the log-in of the uri: {_one_line(error)}"
        ) from error
    except NoPermissionError:
        return [f"Redis at {address.place} refuses INFO to this user: its version and settings are not checked."]
    except redis.BusyLoadingError:
        raise
    except redis.ResponseError as error:
        raise ConfigurationError(f"Redis at {address.place} cannot be used: {_one_line(error)}") from error
    finally:
        client.close()


def _keywords(address: Address, seconds: float) -> dict[str, Any]:
    common: dict[str, Any] = {
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
        "ssl": address.tls is not None,
    }
    return common | (address.tls.keywords() if address.tls else {})


def _check(address: Address, figures: Figures) -> None:
    version = str(figures.get("redis_version", ""))
    found = re.match(r"(\d+)\.(\d+)", version)
    if found and (int(found[1]), int(found[2])) < OLDEST:
        raise ConfigurationError(f"Redis at {address.place} is {version}: the service needs 6.2 or newer.")
    is_cluster = bool(figures.get("cluster_enabled"))
    if address.kind == "cluster" and not is_cluster:
        raise ConfigurationError(f"Redis at {address.place} is no Cluster: write redis:// or rediss://.")
    if address.kind != "cluster" and is_cluster:
        raise ConfigurationError(
            f"Redis at {address.place} is a node of a Cluster: write redis-cluster:// or rediss-cluster://."
        )


def _about(address: Address, figures: Figures) -> Iterator[str]:
    policy = figures.get("maxmemory_policy", "noeviction")
    if figures.get("maxmemory") and policy != "noeviction":
        yield (
            f"Redis at {address.place} may evict keys when its memory is full (maxmemory-policy {policy}): messages "
            "would be lost without a word. Set maxmemory-policy noeviction."
        )
    if address.kind == "server" and figures.get("role") == "slave":
        yield f"Redis at {address.place} is a replica and takes no writes: name its primary, or use Sentinel."


def _about_persistence(address: Address, figures: Figures, client: redis.Redis) -> Iterator[str]:
    if figures.get("aof_enabled", 1):
        return
    try:
        saves = client.config_get("save").get("save")
    except redis.ResponseError:  # a user without the right to ask, or a server that has no CONFIG
        return
    if saves == "":
        yield (
            f'Redis at {address.place} writes nothing to its disk (appendonly no, save ""): what was acknowledged is '
            "gone when it restarts."
        )


def _about_foreign_data(address: Address, client: redis.Redis) -> Iterator[str]:
    cursor = 0
    found: list[bytes] = []
    for _ in range(MOST_LOOKED_THROUGH // SCAN_COUNT):
        try:
            answer: Any = client.scan(cursor, count=SCAN_COUNT)
        except NoPermissionError:
            return
        cursor, keys = answer
        found += [key for key in keys if not key.startswith(PREFIX.encode()) and key.endswith(_FOREIGN)]
        if found or cursor == 0:
            break
    if found:
        yield (
            f"Redis at {address.place} has the data of another implementation of Zaqar, which this one neither reads nor "
            f"removes (such as the key {found[0].decode(errors='replace')!r})."
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."
