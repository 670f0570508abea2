"""The settings of an engine (where to listen, how many workers and threads), and the functions that it calls."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

# As in PEP 3333. The environment and start_response are passed from the engine to falcon, so they have no closer types.
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Endpoint:
    """The operator's settings of the engine. Times are in seconds, lengths in bytes.

    ``longest_line`` bounds a request's address with its query; no operation takes a body longer than ``largest_body``.
    """

    address: str = "127.0.0.1"
    port: int = 8888
    unix_socket: str | None = None
    unix_socket_mode: int = 0o660
    workers: int = 2
    pin_workers: bool = False
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
        """Return the URL on which the service listens, ``unix:`` and the path for a Unix socket."""
        if self.unix_socket:
            return f"unix:{self.unix_socket}"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.tls_certificate else 'http'}://{host}:{self.port}"

    @property
    def umask(self) -> int:
        """Return the umask under which binding makes the Unix socket with ``unix_socket_mode``."""
        return 0o777 & ~self.unix_socket_mode


@dataclasses.dataclass(frozen=True)
class Program:
    """The functions that an engine calls: ``load`` in every worker, the others in the parent process.

    ``read`` returns the settings that were accepted last. ``reread`` reads the configuration again and accepts it, or
    raises ``ConfigurationError``. The engine calls ``reloaded`` once all workers run with the new configuration.
    """

    load: Callable[[], Application]
    read: Callable[[], Endpoint]
    reread: Callable[[], None]
    started: Callable[[], None]
    reloaded: Callable[[], None]
    report: Callable[[], None]
