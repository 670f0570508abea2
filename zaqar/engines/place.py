"""Checks whether the service can listen on its address or Unix socket; the refusal names the option."""

import contextlib
import dataclasses
import errno
import os
import socket
import stat
from pathlib import Path

from zaqar.engines.endpoint import Endpoint
from zaqar.errors import ConfigurationError

# The longest path that a Unix socket's address has room for.
UNIX_SOCKET_BYTES = 107


def check_place(endpoint: Endpoint, *, may_be_taken: bool = False) -> None:
    """Refuse an address or Unix socket on which the service cannot listen; nothing listens there afterwards.

    ``may_be_taken``: whether another process may be listening there, as the running service is when ``--check-config``
    is used beside it. Raises ``ConfigurationError``.
    """
    if endpoint.unix_socket:
        _check_unix_socket(Path(endpoint.unix_socket), may_be_taken=may_be_taken)
        return
    try:
        _bind(endpoint)
    except OSError as error:
        if error.errno == errno.EADDRINUSE and may_be_taken:
            return
        option = "port" if error.errno in (errno.EADDRINUSE, errno.EACCES) else "bind"
        raise ConfigurationError(
            f"Cannot listen on {endpoint.address} port {endpoint.port}: {error.strerror or error} "
            f"([drivers:transport:wsgi] {option})."
        ) from error


def taken_over(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint ready to be bound: port 0 replaced by a free one, a Unix socket that was left behind removed.

    ``check_place`` must have accepted the endpoint.
    """
    if endpoint.unix_socket:
        # A service that was killed leaves its socket behind.
        Path(endpoint.unix_socket).unlink(missing_ok=True)
        return endpoint
    return endpoint if endpoint.port else dataclasses.replace(endpoint, port=_bind(endpoint))


def check_length(path: Path) -> None:
    """Refuse a path that a Unix socket's address has no room for."""
    if len(os.fsencode(path)) > UNIX_SOCKET_BYTES:
        raise _impossible(path, f"its path is longer than {UNIX_SOCKET_BYTES} bytes")


def _bind(endpoint: Endpoint) -> int:
    """Bind the address, close the socket again and return the port."""
    # granian listens with SO_REUSEPORT: a second service on the same port would start without an error and take half of
    # the connections. gunicorn would try for five seconds. Binding without SO_REUSEPORT fails at once.
    family = socket.getaddrinfo(endpoint.address, endpoint.port, type=socket.SOCK_STREAM)[0][0]
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((endpoint.address, endpoint.port))
        return int(probe.getsockname()[1])


def _check_unix_socket(path: Path, *, may_be_taken: bool) -> None:
    check_length(path)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK | os.X_OK):
        raise _impossible(path, f"{path.parent} is no writable directory")
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise _impossible(path, "there is a file of that name")
    if may_be_taken:
        return
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(ConnectionRefusedError):
        try:
            probe.connect(str(path))
        except PermissionError as error:
            raise _impossible(path, "there is a socket of that name that belongs to somebody else") from error
        raise ConfigurationError(f"Another service listens on the socket {path} ([server] unix_socket).")


def _impossible(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"Cannot create the socket {path}: {reason} ([server] unix_socket).")
