"""Where the service listens and with how much, and what an engine needs from its caller."""

import contextlib
import dataclasses
import os
import socket
import ssl
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from zaqar.errors import ConfigurationError

# The longest path that a Unix socket's address has room for.
UNIX_SOCKET_BYTES = 107

# As in PEP 3333: the environment and start_response belong to the engine and the framework, not to us.
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """What the operator chose for the engine. Times in seconds, lengths in bytes.

    ``longest_line`` is that of an address with its query; no operation takes a body longer than ``largest_body``.
    """

    address: str = "127.0.0.1"
    port: int = 8888
    unix_socket: str | None = None
    unix_socket_mode: int = 0o660
    workers: int = 2
    threads: int = 16
    backlog: int = 2048
    client_timeout: float = 30
    graceful_timeout: int = 30
    longest_line: int = 8190
    largest_body: int = 262144
    tls_certificate: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None
    debug: bool = False

    @property
    def url(self) -> str:
        """Return the place where clients find the service."""
        if self.unix_socket:
            return f"unix:{self.unix_socket}"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.tls_certificate else 'http'}://{host}:{self.port}"

    @property
    def umask(self) -> int:
        """Return the umask under which the Unix socket is born with its mode."""
        return 0o777 & ~self.unix_socket_mode


@dataclasses.dataclass(frozen=True)
class Program:
    """What an engine runs: ``load`` in every worker, the others in the parent process.

    ``read`` returns what was accepted last; ``reread`` accepts what is configured now, or raises ``ConfigurationError``;
    ``reloaded`` says that all workers run with it.
    """

    load: Callable[[], Application]
    read: Callable[[], Endpoint]
    reread: Callable[[], None]
    started: Callable[[], None]
    reloaded: Callable[[], None]
    report: Callable[[], None]


def checked(endpoint: Endpoint) -> Endpoint:
    """Refuse what no engine could serve, with a sentence for the operator; return the endpoint with its real port."""
    tls_checked(endpoint)
    if endpoint.unix_socket:
        _check_unix_socket(Path(endpoint.unix_socket))
        return endpoint
    return dataclasses.replace(endpoint, port=_free_port(endpoint))


def tls_checked(endpoint: Endpoint) -> Endpoint:
    """Refuse a certificate, key or CA file that cannot be used; return the endpoint."""
    if endpoint.tls_certificate:
        tls_context(endpoint)
    return endpoint


def tls_context(endpoint: Endpoint) -> ssl.SSLContext:
    """Return a context with the endpoint's certificate and key."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        _load_certificate(context, str(endpoint.tls_certificate), endpoint.tls_key)
        if endpoint.tls_client_ca:
            context.load_verify_locations(endpoint.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        names = [endpoint.tls_certificate, endpoint.tls_key, endpoint.tls_client_ca]
        raise ConfigurationError(
            f"TLS cannot be set up with {', '.join(name for name in names if name)}: {error.strerror or error}."
        ) from error
    return context


def _load_certificate(context: ssl.SSLContext, certificate: str, key: str | None) -> None:
    key_file = key or certificate

    def refuse() -> str:
        # OpenSSL would ask the terminal, where there may be nobody.
        raise ConfigurationError(
            f"The TLS key in {key_file} is encrypted, and no password can be given: decrypt it with "
            f"`openssl pkey -in {key_file} -out NEW`."
        )

    try:
        context.load_cert_chain(certificate, key, refuse)
    except ssl.SSLError as error:
        raise ConfigurationError(f"TLS cannot be set up: {_fault(certificate, key, error)}.") from error


def _fault(certificate: str, key: str | None, error: ssl.SSLError) -> str:
    # OpenSSL's own words name neither the file nor what is missing in it.
    if b"CERTIFICATE-----" not in Path(certificate).read_bytes():
        return f"[server] tls_certificate {certificate} is no certificate in PEM format"
    if b"PRIVATE KEY-----" not in Path(key or certificate).read_bytes():
        if key is None:
            return f"[server] tls_key is missing, and {certificate} contains none"
        return f"[server] tls_key {key} is no private key in PEM format"
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key or certificate} does not belong to the certificate in {certificate} ([server] tls_key)"
    return f"{certificate} and its key cannot be read: {error.reason or error}"


def _free_port(endpoint: Endpoint) -> int:
    # granian listens with SO_REUSEPORT, so that a second service on the same port would start without a word and take
    # half of the connections; gunicorn would try for five seconds. Binding once without it tells at once.
    try:
        family = socket.getaddrinfo(endpoint.address, endpoint.port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((endpoint.address, endpoint.port))
            return int(probe.getsockname()[1])
    except OSError as error:
        raise ConfigurationError(
            f"Cannot listen on {endpoint.address} port {endpoint.port}: {error.strerror or error}."
        ) from error


def check_length(path: Path) -> None:
    """Refuse a path that a Unix socket's address has no room for."""
    if len(os.fsencode(path)) > UNIX_SOCKET_BYTES:
        raise ConfigurationError(f"Cannot create the socket {path}: its path is longer than {UNIX_SOCKET_BYTES} bytes.")


def _check_unix_socket(path: Path) -> None:
    check_length(path)
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise ConfigurationError(f"Cannot create the socket {path}: {path.parent} is no writable directory.")
    if not path.exists():
        return
    if not stat.S_ISSOCK(path.stat().st_mode):
        raise ConfigurationError(f"Cannot create the socket {path}: there is a file of that name.")
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(ConnectionRefusedError):
        probe.connect(str(path))
        raise ConfigurationError(f"Another service listens on the socket {path}.")
    # Left behind by a service that was killed.
    path.unlink()
