"""The gunicorn engine: worker processes whose threads never wait for a slow client."""

import contextlib
import os
from collections.abc import Set
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import AppImportError
from gunicorn.glogging import Logger

from zaqar.engines.descriptors import raise_limit
from zaqar.engines.endpoint import Application, Endpoint, Program
from zaqar.engines.pinning import Places
from zaqar.engines.signals import REPLACED, leave_to_parent
from zaqar.engines.tls import check_tls, tls_context
from zaqar.engines.worker import ThreadedWorker
from zaqar.errors import ConfigurationError

__all__ = ["check_tls", "serve"]

PID_BYTES = 4


def serve(program: Program) -> int:
    """Serve until the process is told to stop, and return its exit status."""
    leave_to_parent()
    raise_limit()
    parent = os.getpid()
    try:
        ServiceArbiter(ServedApplication(program)).run()
    except SystemExit as end:
        # A forked worker ends here, too; the arbiter reads from its exit status what happened to it.
        if os.getpid() != parent:
            raise
        return 1 if end.code else 0
    return 0


class Log(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """Passes gunicorn's log records to the service's own log."""

    def setup(self, cfg: Any) -> None:
        """Set the level; the handlers are those of the root logger."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class ServiceArbiter(Arbiter):  # type: ignore[misc]  # gunicorn ships no types
    """The parent of the workers."""

    def __init__(self, app: "ServedApplication") -> None:
        # Process ids of workers that a reload replaces: first while their successors start, then while they end.
        self._replaced: set[int] = set()
        self._leaving: set[int] = set()
        self._beside = 0
        super().__init__(app)

    def reload(self) -> None:
        """Start workers with the configuration as it is now; keep the old ones when it is wrong."""
        try:
            self.app.program.reread()
        except ConfigurationError as error:
            self.log.error("The configuration is not reloaded. %s", error)  # noqa: TRY400  # the sentence says it all
            return
        self.app.reload()
        self.setup(self.app)
        self._beside = 0
        self._replaced |= self.WORKERS.keys() - self._leaving
        self.manage_workers()

    def manage_workers(self) -> None:
        """Keep as many workers as are wanted; end those that a reload replaces, but only once their successors serve.

        gunicorn's own method would end the old workers before the new ones serve, and wait for them idly.
        """
        self._replaced &= self.WORKERS.keys()
        self._leaving &= self.WORKERS.keys()
        if self._replaced and self._are_successors_serving():
            self._dismiss()
        beside = len(self._replaced) + len(self._leaving)
        self.num_workers += beside - self._beside
        self._beside = beside
        super().manage_workers()

    def handle_usr2(self) -> None:
        """Report the state of the service (storage R9.1.5), where gunicorn would start a second copy of itself."""
        self.app.program.report()

    def _are_successors_serving(self) -> bool:
        successors = self.WORKERS.keys() - self._replaced - self._leaving
        wanted: int = self.num_workers - self._beside
        return len(successors) >= wanted and successors <= self.app.serving()

    def _dismiss(self) -> None:
        for pid in self._replaced:
            self.kill_worker(pid, REPLACED)
        self._leaving |= self._replaced
        self._replaced = set()
        self.app.program.reloaded()


class ServedApplication(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's application object: it supplies the settings and the WSGI application."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._places = Places()
        # A pipe: workers write their process ids, and so the parent learns that they serve.
        self._told, self._tells = os.pipe()
        os.set_blocking(self._told, False)
        self._serving: set[int] = set()
        super().__init__()

    def load_config(self) -> None:
        """Read the endpoint, at the start and at every reload."""
        self.endpoint = self.program.read()
        for name, value in _settings(self.endpoint).items():
            self.cfg.set(name, value)
        self.cfg.set("when_ready", lambda _arbiter: self.program.started())

    def load(self) -> Application:
        """Build the application, in a worker."""
        if self.endpoint.pin_workers:
            self._places.pin(self.endpoint.workers)
        try:
            return self.program.load()
        except ConfigurationError as error:
            raise AppImportError(str(error)) from error

    def tell_that_it_serves(self, pid: int) -> None:
        """Tell the parent that the worker with this process id serves; called in the worker."""
        os.write(self._tells, pid.to_bytes(PID_BYTES, "big"))

    def serving(self) -> Set[int]:
        """Return the process ids of all workers that said that they serve; called in the parent."""
        with contextlib.suppress(BlockingIOError):
            while told := os.read(self._told, PID_BYTES):
                self._serving.add(int.from_bytes(told, "big"))
        return self._serving


def _settings(endpoint: Endpoint) -> dict[str, object]:
    host = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    settings = {
        "bind": endpoint.url if endpoint.unix_socket else f"{host}:{endpoint.port}",
        "umask": endpoint.umask,
        "workers": endpoint.workers,
        "threads": endpoint.threads,
        "worker_class": ThreadedWorker,
        "backlog": endpoint.backlog,
        "graceful_timeout": endpoint.graceful_timeout,
        "logger_class": Log,
        "loglevel": "debug" if endpoint.debug else "warning",
        "control_socket_disable": True,
    }
    return settings | _tls_settings(endpoint) if endpoint.tls_certificate else settings


def _tls_settings(endpoint: Endpoint) -> dict[str, object]:
    # One TLS context for all connections: gunicorn would read the files again for each.
    context = tls_context(endpoint)
    return {
        "certfile": endpoint.tls_certificate,
        "keyfile": endpoint.tls_key,
        "ssl_context": lambda _settings, _default: context,
    }
