"""The granian engine: faster than gunicorn, and with less protection against slow clients.

What granian 2.8 cannot do, whatever its settings:

- A client that stalls in the middle of a body holds a thread until it goes away; so put a proxy in front that reads whole
  requests before it passes them on.
- A header ``X_Name`` reaches the application as ``X-Name``.
- A header with a byte that is not ASCII reaches the application as an empty one.
- A chunked body that breaks off reaches the application as one that has ended.
- A stalled TLS handshake ends after 10 seconds, whatever the client timeout is.
- A worker that dies within 5.5 seconds of the start of its predecessor's replacement ends the whole service.
- Connections that a worker has not accepted yet when it stops are reset, unless the kernel's
  ``net.ipv4.tcp_migrate_req`` is 1.
- Connections that are idle when a worker ends are closed without a word. A worker goes on answering for two seconds
  before it is replaced, and for one before a stop; each answer then closes its connection.
- Idle connections stay open until the client timeout, even where new ones wait to be accepted.
- A reload does not change granian's own settings (workers, threads, TLS), only those of the service.
"""

import contextlib
import functools
import logging
import multiprocessing
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from zaqar.engines import descriptors, tls
from zaqar.engines.endpoint import Application, Endpoint, Program
from zaqar.engines.pinning import Places
from zaqar.engines.place import check_length
from zaqar.engines.signals import REPLACED, end_with_parent, leave_to_parent
from zaqar.errors import ConfigurationError

LOG = logging.getLogger(__name__)

# On a reload, seconds between the start of a new worker and the end of the one it replaces. Meanwhile the old worker
# closes each connection with its next answer.
RESPAWN_INTERVAL = 2.0
# Before a stop, seconds for which workers close each connection with its next answer.
FAREWELL = 1.0
LEAST_BACKLOG = 128
# Most bytes of a request's headers, without the request line.
HEADERS_BYTES = 64 * 1024

# granian's log goes through the handlers of the root logger, as everything else does.
_LOGGING = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}
_OLD_KEY_FORMATS = (b"BEGIN RSA PRIVATE KEY", b"BEGIN EC PRIVATE KEY", b"BEGIN DSA PRIVATE KEY")


def check_tls(endpoint: Endpoint) -> None:
    """Refuse a certificate, key or CA file that cannot be used, or a key in a form that granian does not read."""
    if not endpoint.tls_certificate:
        return
    tls.check_tls(endpoint)
    key = Path(endpoint.tls_key or endpoint.tls_certificate)
    if any(form in key.read_bytes() for form in _OLD_KEY_FORMATS):
        raise ConfigurationError(
            f"The granian engine reads PKCS#8 keys only: convert {key} with `openssl pkcs8 -topk8 -nocrypt -in {key} "
            "-out NEW`, or use [server] engine = gunicorn."
        )


def serve(program: Program) -> int:
    """Serve until the process is told to stop, and return its exit status."""
    # Forked workers have the configuration that the parent accepted. From Python 3.14 on, the default is not fork.
    multiprocessing.set_start_method("fork", force=True)
    descriptors.raise_limit()
    server = ServiceServer(program)
    server.on_startup(program.started)
    signal.signal(signal.SIGUSR2, lambda _number, _frame: program.report())
    # A worker that gets the signal before it has a handler would die, and granian stops the service when a worker dies.
    signal.signal(REPLACED, signal.SIG_IGN)
    leave_to_parent()
    parent = os.getpid()
    try:
        server.serve(target_loader=functools.partial(server.load, parent), wrap_loader=False)
    except SystemExit as end:
        # A worker is a fork that may end here, too.
        if os.getpid() != parent:
            raise
        return 1 if end.code else 0
    return 0


class ServiceServer(Granian):  # type: ignore[valid-type,misc]  # which server it is depends on the interpreter
    """The parent of the workers."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._endpoint = program.read()
        self._places = Places()
        if self._endpoint.unix_socket:
            # granian binds what the path's links lead to.
            check_length(Path(self._endpoint.unix_socket).resolve())
        self._workers: dict[int, Any] = {}
        super().__init__(**_settings(self._endpoint))

    def load(self, parent: int) -> Application:
        """Build the application, in a worker."""
        end_with_parent(parent, graceful_timeout=self._endpoint.graceful_timeout)
        if self._endpoint.pin_workers:
            self._places.pin(self._endpoint.workers)
        return Farewell(self._program.load())

    def signal_handler_reload(self, *args: Any, **kwargs: Any) -> None:
        """Start workers with the configuration as it is now; keep the old ones when it is wrong."""
        try:
            self._program.reread()
        except ConfigurationError as error:
            LOG.error("The configuration is not reloaded. %s", error)  # noqa: TRY400  # the sentence says it all
            return
        super().signal_handler_reload(*args, **kwargs)

    def _reload(self, *args: Any, **kwargs: Any) -> None:
        super()._reload(*args, **kwargs)
        self._program.reloaded()

    def _spawn_worker(self, idx: int, *args: Any, **kwargs: Any) -> Any:
        old = self._workers.get(idx)
        worker = self._workers[idx] = super()._spawn_worker(idx, *args, **kwargs)
        if old is not None:
            _say_goodbye(old)
        return worker

    def _stop_workers(self) -> None:
        # What granian does next closes idle connections at once. Until then, each answer tells its client to close.
        told = [_say_goodbye(worker) for worker in self._workers.values()]
        if any(told):
            time.sleep(FAREWELL)
        super()._stop_workers()

    def _init_shared_socket(self) -> None:
        # granian sets the permissions after it has bound: until then, the umask keeps others out.
        umask = os.umask(self._endpoint.umask)
        try:
            super()._init_shared_socket()
        finally:
            os.umask(umask)


class Farewell:
    """Wraps the application: after the signal ``REPLACED``, each answer closes its connection."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._is_leaving = False
        signal.signal(REPLACED, self._leave)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a request, as in PEP 3333."""
        if not self._is_leaving:
            return self._application(environ, start_response)

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, ("Connection", "close")], *more)

        return self._application(environ, start)

    def _leave(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # a signal's handler
        self._is_leaving = True


def _say_goodbye(worker: Any) -> bool:
    """Let a worker close each connection with its next answer; return False where the worker does not run."""
    if not worker.is_alive():
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.inner.pid, REPLACED)
    return True


def _settings(endpoint: Endpoint) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "target": "zaqar",
        "address": endpoint.address,
        "port": endpoint.port,
        "uds": Path(endpoint.unix_socket) if endpoint.unix_socket else None,
        "uds_permissions": endpoint.unix_socket_mode,
        "interface": Interfaces.WSGI,
        "http": HTTPModes.http1,
        "http1_settings": HTTP1Settings(
            header_read_timeout=round(endpoint.client_timeout * 1000),
            # Headers that do not fit into it together with the request line are refused with 431 by granian.
            max_buffer_size=endpoint.longest_line + HEADERS_BYTES,
        ),
        "websockets": False,
        "workers": endpoint.workers,
        "blocking_threads": endpoint.threads,
        "backlog": max(LEAST_BACKLOG, endpoint.backlog),
        # The number of connections that are accepted, despite the option's name; further ones wait.
        "backpressure": descriptors.room(endpoint.threads),
        "workers_kill_timeout": endpoint.graceful_timeout,
        "respawn_failed_workers": True,
        "respawn_interval": RESPAWN_INTERVAL,
        "log_dictconfig": _LOGGING,
        # granian's warnings would be about the number of threads, which is chosen on purpose.
        "log_level": LogLevels.debug if endpoint.debug else LogLevels.error,
        "log_access": False,
    }
    return settings | _tls_settings(endpoint) if endpoint.tls_certificate else settings


def _tls_settings(endpoint: Endpoint) -> dict[str, Any]:
    certificate = Path(str(endpoint.tls_certificate))
    key = Path(endpoint.tls_key) if endpoint.tls_key else certificate
    return {
        "ssl_cert": certificate,
        "ssl_key": key,
        "ssl_protocol_min": SSLProtocols.tls12,
        "ssl_ca": Path(endpoint.tls_client_ca) if endpoint.tls_client_ca else None,
        "ssl_client_verify": endpoint.tls_client_ca is not None,
    }
