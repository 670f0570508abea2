"""HTTP with one deadline for all that a thread asks, also of a server that sends its answer byte by byte.

The timeout of a socket begins anew with every byte that comes, so it is set anew before each is read.
"""

import io
import socket
import threading
import time
from typing import Any

import requests
from keystoneauth1.session import TCPKeepAliveAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Deadline(threading.local):
    """When what a thread asks has to be answered, by the monotonic clock."""

    at = float("inf")


_deadline = _Deadline()


def hurry(seconds: float) -> None:
    """Let everything that this thread asks end within so many seconds from now."""
    _deadline.at = time.monotonic() + seconds


def _left() -> float:
    """Return how many seconds are left. Raises ``TimeoutError``."""
    left = _deadline.at - time.monotonic()
    if left <= 0:
        raise TimeoutError("The deadline of the validation has passed.")
    return left


class HurriedSession(requests.Session):
    """Lets no request outlast the deadline of its thread, however often Keystone's library repeats it."""

    def __init__(self) -> None:
        super().__init__()
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter())

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        """Ask, with a timeout that ends with the deadline."""
        try:
            left = _left()
        except TimeoutError as error:
            # Not one of those that keystoneauth repeats.
            raise requests.exceptions.RequestException(str(error)) from error
        wanted = kwargs.get("timeout")
        kwargs["timeout"] = min(wanted, left) if wanted else left
        return super().request(method, url, *args, **kwargs)


class _Adapter(TCPKeepAliveAdapter):
    """Opens connections whose answers are read in a hurry."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _HurriedSocket(self.sock)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock = _HurriedSocket(self.sock)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _HurriedSocket:
    """A socket, as far as HTTP's client needs one."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connected, name)

    def makefile(self, *_args: Any, **_options: Any) -> io.BufferedReader:
        """Return what the answer is read from."""
        return io.BufferedReader(_HurriedReader(self._connected))


class _HurriedReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._file = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, timeout = _left(), self._connected.gettimeout()
        self._connected.settimeout(left if timeout is None else min(timeout, left))
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
