"""Where the service listens and with how much, and what an engine needs from its caller."""

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any

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
