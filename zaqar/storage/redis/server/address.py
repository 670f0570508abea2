"""Where a Redis is: every form of its URI (storage R4.1.2 to R4.1.4), and TLS and Cluster besides."""

import dataclasses
import ipaddress
import re
from typing import Literal

from zaqar.errors import ConfigurationError
from zaqar.storage.redis.server.query import Query, decoded
from zaqar.storage.redis.server.tls import OPTIONS, Tls, read_tls

Kind = Literal["server", "sentinel", "cluster"]

PORT = 6379
SENTINEL_PORT = 26379
SCHEMES = ("redis", "rediss", "redis-cluster", "rediss-cluster")
LONGEST_SOCKET_PATH = 107
"""Bytes that the kernel takes."""

_HOST = re.compile(r"[\w.-]{1,253}")
_DIGITS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclasses.dataclass(frozen=True)
class Address:
    """One Redis: a server, the Sentinels that know it, or nodes of a Cluster."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...] = ()
    """Host and port each; empty where there is a path."""
    path: str | None = None
    """Of a Unix socket."""
    username: str | None = None
    password: str | None = dataclasses.field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = dataclasses.field(default=None, repr=False)
    master: str | None = None
    database: int = 0
    tls: Tls | None = None
    socket_timeout: float | None = None
    max_connections: int | None = None

    @property
    def place(self) -> str:
        """Return where that is in one line without secrets, for the operator."""
        scheme = "rediss" if self.tls else "redis"
        if self.path is not None:
            return f"{scheme}://{self.path}" + (f"?dbid={self.database}" if self.database else "")
        hosts = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        database = f"/{self.database}" if self.database else ""
        if self.kind == "sentinel":
            return f"{scheme}://{hosts}{database}?master={self.master}"
        return f"{scheme}-cluster://{hosts}" if self.kind == "cluster" else f"{scheme}://{hosts}{database}"

    def __str__(self) -> str:
        return self.place


def parse(uri: str) -> Address:
    """Return the address that ``uri`` means.

    Raises ``ConfigurationError`` with a sentence that quotes nothing of the uri but words that cannot be secret.
    """
    scheme, authority, path, query = _parts(uri)
    kind = _kind(scheme, query)
    is_encrypted = scheme.startswith("rediss")
    userinfo, _, places = authority.rpartition("@")
    username, password = _user(userinfo) if "@" in authority else (None, None)
    hosts = _hosts(places, SENTINEL_PORT if kind == "sentinel" else PORT) if places else ()
    _check_place(kind, hosts, path, is_encrypted=is_encrypted)
    _check_options(kind, query, is_encrypted=is_encrypted)
    return Address(
        kind=kind,
        hosts=hosts,
        path=None if hosts else _socket_path(path),
        username=username,
        password=password,
        sentinel_username=query.text("sentinel_username"),
        sentinel_password=query.text("sentinel_password"),
        master=query.text("master"),
        database=_database(kind, path if hosts else "", query),
        tls=read_tls(query) if is_encrypted else None,
        socket_timeout=query.seconds("socket_timeout"),
        max_connections=query.number("max_connections", 1),
    )


def _parts(uri: str) -> tuple[str, str, str, Query]:
    """Return scheme, authority, path and query."""
    if not uri.isprintable():  # a surrogate, from bytes that are no UTF-8, is not printable
        raise ConfigurationError("The uri of the redis store has a character that cannot be printed.")
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme.lower() not in SCHEMES:
        known = ", ".join(f"{name}://" for name in SCHEMES)
        raise ConfigurationError(f"The uri of the redis store must begin with one of {known}.")
    place, _, query = rest.partition("?")
    authority, slash, path = place.partition("/")
    if authority and ("@" in path or (authority.startswith(":") and "@" not in authority and "@" in query)):
        raise ConfigurationError(
            "The uri of the redis store has an @ behind a slash or a question mark: write %2F for / and %3F for ? in a "
            "password, and %40 for @ in a path."
        )
    return scheme.lower(), authority, slash + path, Query(query)


def _kind(scheme: str, query: Query) -> Kind:
    has_master = query.text("master") is not None
    if scheme.endswith("-cluster"):
        if has_master:
            raise ConfigurationError(
                "The uri of the redis store is that of a Cluster and gives a master: Sentinels have redis:// or "
                "rediss://, a Cluster has no master."
            )
        return "cluster"
    return "sentinel" if has_master else "server"


def _user(userinfo: str) -> tuple[str | None, str]:
    """Return user name and password."""
    username, colon, password = userinfo.partition(":")
    if not colon:
        raise ConfigurationError(
            "The uri of the redis store has a user name without a password. If it is a password, put a colon before "
            "it: redis://:PASSWORD@HOST."
        )
    if not password:
        raise ConfigurationError("The uri of the redis store has an empty password.")
    return decoded(username, "user name") or None, decoded(password, "password")


def _hosts(text: str, default_port: int) -> tuple[tuple[str, int], ...]:
    return tuple(_host(piece, default_port) for piece in text.split(","))


def _host(text: str, default_port: int) -> tuple[str, int]:
    if text.startswith("["):
        inside, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ConfigurationError("The uri of the redis store has an IPv6 address without its closing bracket.")
        host, colon, port = _ipv6(inside), rest[:1], rest[1:]
    else:
        host, colon, port = text.partition(":")
        if ":" in port:
            raise ConfigurationError(
                "The uri of the redis store has more than one colon in a host: an IPv6 address stands in brackets."
            )
        _check_name(host)
    return host, _port(port) if colon else default_port


def _ipv6(text: str) -> str:
    host = text.replace("%25", "%", 1)
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        # Not chained: the error quotes what may be a piece of a password.
        raise ConfigurationError("The uri of the redis store has brackets around what is no IPv6 address.") from None
    return host


def _check_name(host: str) -> None:
    if not host:
        raise ConfigurationError("The uri of the redis store has an empty host.")
    try:
        host.encode("idna")
    except UnicodeError:
        raise ConfigurationError("The uri of the redis store has a host that is no name.") from None
    if not _HOST.fullmatch(host):
        raise ConfigurationError(
            "The uri of the redis store has a host with a character that no name has. In a user name or password, "
            "write such characters as percent escapes."
        )


def _port(text: str) -> int:
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= 65535:
        raise ConfigurationError("The uri of the redis store has a port that is no number from 1 to 65535.")
    return int(text)


def _check_place(kind: Kind, hosts: tuple[tuple[str, int], ...], path: str, *, is_encrypted: bool) -> None:
    if not hosts and kind != "server":
        raise ConfigurationError(f"The uri of the redis store names no host: a {kind} has at least one.")
    if not hosts and path in ("", "/"):
        raise ConfigurationError("The uri of the redis store names neither a host nor the path of a Unix socket.")
    if not hosts and is_encrypted:
        raise ConfigurationError("The uri of the redis store asks for TLS on a Unix socket: write redis://.")
    if len(hosts) > 1 and kind == "server":
        raise ConfigurationError(
            "The uri of the redis store names several hosts: add ?master=NAME if they are Sentinels, or write "
            "redis-cluster:// if they are nodes of a Cluster."
        )


def _socket_path(path: str) -> str:
    text = decoded(path, "path")
    if "\0" in text or len(text.encode()) > LONGEST_SOCKET_PATH:
        raise ConfigurationError(
            f"The path in the uri of the redis store must have at most {LONGEST_SOCKET_PATH} bytes, none of them zero."
        )
    return text


def _check_options(kind: Kind, query: Query, *, is_encrypted: bool) -> None:
    """Refuse options that would do nothing."""
    of_sentinel = query.given(("sentinel_username", "sentinel_password"))
    if of_sentinel and kind != "sentinel":
        raise ConfigurationError(f"The uri of the redis store gives {of_sentinel[0]} without a master.")
    if of_sentinel == ["sentinel_username"]:
        raise ConfigurationError("The uri of the redis store gives sentinel_username without sentinel_password.")
    of_tls = query.given(OPTIONS)
    if of_tls and not is_encrypted:
        scheme = "rediss-cluster" if kind == "cluster" else "rediss"
        raise ConfigurationError(f"The uri of the redis store gives {of_tls[0]} without TLS: write {scheme}://.")


def _database(kind: Kind, path: str, query: Query) -> int:
    in_query, in_path = query.number("dbid", 0), path.removeprefix("/")
    if in_path and not _DIGITS.fullmatch(in_path):
        raise ConfigurationError(
            "What follows the host in the uri of the redis store must be the number of a database. The path of a Unix "
            "socket has no host before it: redis:///PATH."
        )
    if in_path and in_query is not None:
        raise ConfigurationError("The uri of the redis store gives the database twice, in its path and as dbid.")
    database = int(in_path) if in_path else in_query or 0
    if database and kind == "cluster":
        raise ConfigurationError("The uri of the redis store gives a database: a Cluster has only number 0.")
    return database
