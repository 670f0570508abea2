"""The gunicorn engine: worker processes with threads, and a limit on how long a client may take."""

import os
import time
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger
from gunicorn.http import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from zaqar.engines.connection import Connection
from zaqar.engines.endpoint import Application, Endpoint, Program
from zaqar.engines.signals import leave_to_parent
from zaqar.engines.tls import check_tls, tls_context
from zaqar.errors import ConfigurationError

__all__ = ["check_tls", "serve"]


def serve(program: Program) -> int:
    """Serve until the process is told to stop, and return its exit status."""
    leave_to_parent()
    parent = os.getpid()
    try:
        ServiceArbiter(ServedApplication(program)).run()
    except SystemExit as end:
        # A worker is a fork that ends here, too; its status tells the arbiter what happened to it.
        if os.getpid() != parent:
            raise
        return 1 if end.code else 0
    return 0


class Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Hands what gunicorn says to the service's own log."""

    def setup(self, cfg: Any) -> None:
        """Set the level; the handlers are those of the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class ThreadedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn ships no types
    """A worker whose threads no client can hold beyond the client timeout."""

    _noticed_at = 0.0

    def notify(self) -> None:
        """Tell the arbiter, once a second, that the worker is alive; gunicorn would with every event."""
        now = time.monotonic()
        if now - self._noticed_at >= 1:
            self._noticed_at = now
            super().notify()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection that has something to say to a thread."""
        timed = conn if isinstance(conn, Connection) else Connection(conn, self.app.endpoint.client_timeout)
        super().enqueue_req(timed)

    def handle(self, conn: Connection) -> object:
        """Serve what the client has sent; return whether the connection stays open."""
        stays_open: object = super().handle(conn)
        while stays_open and conn.has_next_request:
            stays_open = super().handle(conn)
        if not stays_open:
            conn.end()
        return stays_open

    def handle_request(self, req: Request, conn: Connection) -> bool:
        """Run the application, with a fresh deadline for the request's body."""
        with conn.answer(req):
            return bool(super().handle_request(req, conn))

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        return bool(super()._keepalive_after(conn, keepalive)) and not conn.is_expired

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or not; when the worker stops, let go of clients that ask for nothing."""
        super().set_accept_enabled(enabled)
        if not self.alive:
            self.wait_for_and_dispatch_events(timeout=0)
            self._close_idle()

    def _close_idle(self) -> None:
        # gunicorn would wait for each of them to run into its keep-alive timeout.
        for idle in (*self.keepalived_conns, *self.pending_conns):
            self.poller.unregister(idle.sock)
            self.nr_conns -= 1
            idle.close()
        self.keepalived_conns.clear()
        self.pending_conns.clear()


class ServiceArbiter(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """The parent of the workers."""

    def reload(self) -> None:
        """Start workers with the configuration as it is now; keep the old ones when it is wrong."""
        try:
            self.app.program.reread()
        except ConfigurationError as error:
            self.log.error("The configuration is not reloaded. %s", error)  # noqa: TRY400  # the sentence says it all
            return
        super().reload()

    def handle_usr2(self) -> None:
        """Report the state of the service (storage R9.1.5); gunicorn would start a second copy of itself."""
        self.app.program.report()


class ServedApplication(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """What gunicorn asks for its settings and for the application."""

    def __init__(self, program: Program) -> None:
        self.program = program
        super().__init__()

    def load_config(self) -> None:
        """Read the endpoint, at the start and at every reload."""
        self.endpoint = self.program.read()
        for name, value in _settings(self.endpoint).items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", lambda _arbiter: self.program.started())

    def load(self) -> Application:
        """Build the application, in a worker."""
        try:
            return self.program.load()
        except ConfigurationError as error:
            raise AppImportError(str(error)) from error


def _settings(endpoint: Endpoint) -> dict[str, object]:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    settings = {
        "bind": endpoint.url if endpoint.unix_socket else f"{host}:{endpoint.port}",
        "umask": endpoint.umask,
        "workers": endpoint.workers,
        "threads": endpoint.threads,
        "worker_class": ThreadedWorker,
        "worker_connections": max(1000, 2 * endpoint.threads),
        "backlog": endpoint.backlog,
        "keepalive": max(1, round(endpoint.client_timeout)),
        "graceful_timeout": endpoint.graceful_timeout,
        "logger_class": Log,
        "loglevel": "debug" if endpoint.debug else "warning",
        "limit_request_line": 8190,
        "control_socket_disable": True,
        # A name with an underscore would pass for the one with a hyphen; nobody, proxies included, may send one, and
        # none tells the scheme: the API's links are relative.
        "header_map": "drop",
        "forwarder_headers": "",
        "secure_scheme_headers": {},
    }
    return settings | _tls_settings(endpoint) if endpoint.tls_certificate else settings


def _tls_settings(endpoint: Endpoint) -> dict[str, object]:
    # One context for all connections; gunicorn would read the files for each.
    context = tls_context(endpoint)
    return {
        "certfile": endpoint.tls_certificate,
        "keyfile": endpoint.tls_key,
        "ssl_context": lambda _settings, _default: context,
    }
