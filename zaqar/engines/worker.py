"""A gunicorn worker whose threads are given whole requests only.

One thread, the poller's, does the slow part for all clients at once: TLS handshakes, reading headers and bodies, and
sending to clients that are slow to take their answers. So a client that stalls occupies a connection, but no thread.
"""

import contextlib
import functools
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from gunicorn.workers.base import Worker

from zaqar.engines import descriptors
from zaqar.engines.answer import Served, failure
from zaqar.engines.connection import Connection
from zaqar.engines.poller import Memory, Poller
from zaqar.engines.request import Bounds
from zaqar.engines.signals import REPLACED
from zaqar.engines.steps import Step
from zaqar.engines.threads import Threads

LOG = logging.getLogger(__name__)

# Most bytes that a worker keeps of requests that have not come wholly and of answers that clients have not taken.
MEMORY = 64 * 1024 * 1024
# At a stop, seconds for which an idle connection may still send one request.
FAREWELL = 1.0
# Seconds for which no connection is accepted after there was no room for one.
PAUSE = 1.0
# Seconds. A client that was quiet for a shorter time is never disconnected to make room for another.
QUIET = 1.0


class ThreadedWorker(Worker):  # type: ignore[misc]  # gunicorn ships no types
    """Accepts connections, waits for their clients, and hands whole requests to its threads."""

    def init_process(self) -> None:
        """Prepare what the main loop needs, then load the application and run."""
        endpoint = self.app.endpoint
        self._bounds = Bounds(line=endpoint.longest_line, body=endpoint.largest_body)
        self._seconds = float(endpoint.client_timeout)
        self._poller = Poller()
        self._memory = Memory(MEMORY)
        self._threads = Threads(endpoint.threads, self._serve)
        self._patience = FAREWELL
        self._is_accepting = False
        self._accepts_again = 0.0
        self._looked = 0.0
        self._tick = min(1.0, self._seconds / 4)
        super().init_process()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  # a signal's handler
        """Begin to end because the service stops."""
        self.alive = False
        self._patience = FAREWELL

    def init_signals(self) -> None:
        """Set the handlers for the parent's signals."""
        super().init_signals()
        signal.signal(REPLACED, self._leave)

    def run(self) -> None:
        """Serve until told to end; then finish what was begun, for at most the graceful timeout."""
        scheme = "https" if self.cfg.is_ssl else "http"
        self._served = Served(self.wsgi, scheme=scheme, is_one_of_several=self.cfg.workers > 1)
        self._most = descriptors.room(self.cfg.threads)
        self._poller.watch(self.PIPE[0], self._wake)
        self.app.tell_that_it_serves(self.pid)
        while self.alive:
            self._accept_or_not()
            self._turn(self._tick)
            if self.ppid != os.getppid():
                LOG.error("The parent process is gone; this worker ends.")
                self.alive = False
        self._end()

    def _turn(self, seconds: float) -> None:
        for connection in self._poller.wait(seconds):
            self._follow(connection, connection.advance())
        now = time.monotonic()
        if now - self._looked >= self._tick:
            self._looked = now
            self.notify()
            self._let_go(now)
        if self._memory.is_full and not self._make_room(lambda connection: connection.held > 0):
            # All bytes that are kept belong to requests that wait for a thread: read nothing more for a moment.
            time.sleep(0.01)

    def _leave(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  # a signal's handler
        """Begin to end because other workers replace this one: they take new connections, so the old ones have time."""
        if self.alive:
            self._patience = self.cfg.graceful_timeout
            self.alive = False

    def _end(self) -> None:
        began = time.monotonic()
        self._stop_accepting()
        while len(self._poller) and (spent := time.monotonic() - began) < self.cfg.graceful_timeout:
            self._turn(min(self._tick, 0.1))
            if spent >= self._patience:
                self._close_idle()
        for connection in self._poller.waiting():
            connection.cut("the service stopped")
        self._threads.stop(max(0.0, self.cfg.graceful_timeout - (time.monotonic() - began)))
        self._poller.close()

    # Accepting.

    def _accept_or_not(self) -> None:
        accepts = time.monotonic() >= self._accepts_again
        if accepts == self._is_accepting:
            return
        self._is_accepting = accepts
        for listener in self.sockets:
            if accepts:
                self._poller.watch(listener.fileno(), functools.partial(self._accept, listener))
            else:
                self._poller.ignore(listener.fileno())

    def _accept(self, listener: Any) -> bool:
        """Accept a connection; return whether there was one."""
        if len(self._poller) >= self._most and not self._make_room(lambda connection: connection.is_unfinished):
            self._pause(f"there are {self._most} already")
            return False
        try:
            accepted, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        except OSError as error:
            self._pause(str(error))
            return False
        try:
            self._poller.add(self._connection(accepted, address, listener))
        except OSError as error:
            LOG.debug("A connection ended at once: %s", error)
            accepted.close()
        return True

    def _pause(self, reason: str) -> None:
        now = time.monotonic()
        if now >= self._accepts_again + QUIET:
            LOG.warning("Connections wait to be accepted: %s.", reason)
        self._accepts_again = now + PAUSE

    def _connection(self, accepted: socket.socket, address: Any, listener: Any) -> Connection:
        accepted.setblocking(False)
        if self.cfg.is_ssl:
            accepted = self.cfg.ssl_context(self.cfg, None).wrap_socket(
                accepted, server_side=True, do_handshake_on_connect=False
            )
        ends = _ends(address, listener.getsockname())
        return Connection(accepted, ends, self._bounds, seconds=self._seconds, is_tls=self.cfg.is_ssl)

    def _stop_accepting(self) -> None:
        for listener in self.sockets:
            if self._patience == FAREWELL:
                # The service stops, so no other worker will accept clients that have connected: answer them here.
                while self._accept(listener):
                    pass
            if self._is_accepting:
                self._poller.ignore(listener.fileno())
            listener.close()

    # Serving.

    def _follow(self, connection: Connection, step: Step) -> None:
        """Do the next step of a connection; called in the poller's thread."""
        if step is Step.SERVE:
            self._threads.hand(connection)
        else:
            self._put_back(connection, step)

    def _put_back(self, connection: Connection, step: Step) -> None:
        if step is Step.END:
            self._memory.keep(connection, 0)
            self._poller.end(connection)
        else:
            self._memory.keep(connection, connection.bulk)
            self._poller.put_back(connection, step)

    def _serve(self, connection: Connection) -> None:
        """Answer the requests that came on a connection; called in one of the threads."""
        step = Step.SERVE
        while step is Step.SERVE:
            request = connection.requests.ready.popleft()
            try:
                answer = self._served.answer(request, connection.ends, closes=self._is_ending)
            except Exception:
                LOG.exception("A request failed: %s %s", request.method, ascii(request.target))
                answer = failure(request)
            step = connection.tell(answer, request)
        self._put_back(connection, step)

    def _is_ending(self) -> bool:
        return not self.alive

    # Letting go.

    def _let_go(self, now: float) -> None:
        for connection in self._poller.waiting():
            if connection.pace.due <= now and self._poller.take(connection):
                if connection.renew(now):
                    self._poller.give_back(connection)
                else:
                    self._put_back(connection, connection.expire())

    def _close_idle(self) -> None:
        for connection in self._poller.waiting():
            if connection.is_idle and self._poller.take(connection):
                self._put_back(connection, Step.END)

    def _make_room(self, may_go: Callable[[Connection], bool]) -> bool:
        """Disconnect the client that was quiet for longest, of those that ``may_go``; tell whether there was one."""
        quiet = time.monotonic() + self._seconds - QUIET
        found = [one for one in self._poller.waiting() if one.pace.due <= quiet and may_go(one)]
        oldest = min(found, key=lambda connection: connection.pace.due, default=None)
        if oldest is None or not self._poller.take(oldest):
            return False
        self._put_back(oldest, oldest.expire(for_want_of_room=True))
        return True

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.PIPE[0], 4096)


def _ends(address: Any, own: Any) -> dict[str, str]:
    """Return WSGI's variables for both ends of a connection; a Unix socket has neither address nor port."""
    if not isinstance(own, tuple):
        return {"REMOTE_ADDR": "", "SERVER_NAME": "localhost", "SERVER_PORT": ""}
    return {
        "REMOTE_ADDR": address[0],
        "REMOTE_PORT": str(address[1]),
        "SERVER_NAME": own[0],
        "SERVER_PORT": str(own[1]),
    }
