"""One client's connection to a gunicorn worker. Its socket does not block, so no thread ever waits for a client.

One thread at a time owns a connection: the poller's, or the one that serves its request. It calls a method, which does
what is possible without waiting and returns the next ``Step``.
"""

import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar

from zaqar.engines.answer import CONTINUE, Answer, refusal
from zaqar.engines.pace import Pace
from zaqar.engines.parser import Requests
from zaqar.engines.request import Bounds, Refused, Request
from zaqar.engines.steps import State, Step

LOG = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
# Most reads from one client's socket before other clients have their turn.
READS = 16
# A client may still be sending a request that was refused. So many bytes of it are read and thrown away, for so many
# seconds, so that the client sees the answer and not a reset. If it sends nothing, it has the shorter time to close.
LINGER_BYTES = 64 * 1024 * 1024
LINGER_SECONDS = 10.0
GOODBYE_SECONDS = 2.0
# Bytes. The kernel delivers a shorter answer by itself after the socket is closed, so it is not waited for.
SMALL_ANSWER = 64 * 1024


class Connection:
    """A socket, the requests that came on it and the answer that is being sent.

    ``pace`` says by when the client has to make progress; ``held`` is how many bytes are kept in memory for it.
    """

    def __init__(
        self, accepted: socket.socket, ends: dict[str, str], bounds: Bounds, *, seconds: float, is_tls: bool
    ) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.fileno = accepted.fileno()
        self.ends = ends
        self.requests = Requests(bounds)
        self.is_waiting = False
        self.held = 0
        self.pace = Pace(self.fileno, seconds)
        self._state = State.GREETING if is_tls else State.READING
        self._seconds = seconds
        self._is_tls = is_tls
        self._answer: Answer | None = None
        self._refused: Refused | None = None
        self._is_timed = False
        self._is_expected_to_close = False

    @property
    def is_idle(self) -> bool:
        """Tell whether every request that came was answered, and no part of another one has come."""
        return self._state is State.READING and not self.requests.is_partial and not self.requests.ready

    @property
    def is_unfinished(self) -> bool:
        """Tell whether the next move is the client's: it has to finish a TLS handshake or to send a request."""
        return self._state in (State.READING, State.GREETING)

    @property
    def bulk(self) -> int:
        """Return how many bytes there are of an unsent answer, or else of a request that has not come wholly."""
        if self._state is State.SENDING and self._answer is not None:
            return len(self._answer.unsent)
        return self.requests.held

    def advance(self) -> Step:
        """Read or send as much as is possible without waiting; return the next step."""
        try:
            return self._ACTIONS[self._state](self)
        except ssl.SSLWantReadError:
            return Step.READ
        except ssl.SSLWantWriteError:
            return Step.WRITE
        except OSError as error:
            return self.cut(f"the connection broke: {error}")

    def tell(self, answer: Answer, request: Request | None = None) -> Step:
        """Begin to send the answer to a request (None for a refusal); return the next step."""
        self._answer = answer
        self._state = State.SENDING
        self._is_expected_to_close = request is not None and request.is_whole and not request.stays_open
        self.pace.begin()
        return self.advance()

    def renew(self, now: float) -> bool:
        """Give a client whose time is over more of it, if it sent or took enough bytes; return whether it got more."""
        pace = self.pace
        if self._state is State.LINGERING:
            moved = pace.received + pace.taken()
            return pace.renew(now, moved, quiet=GOODBYE_SECONDS, most=LINGER_SECONDS)
        if self._state is State.READING and self.requests.is_partial:
            return pace.renew(now, pace.received)
        return bool(pace.unread()) and pace.renew(now, pace.taken())

    def expire(self, *, for_want_of_room: bool = False) -> Step:
        """Answer an unfinished request with an error, for its time or ``for_want_of_room``; else end the connection."""
        if self._state is not State.READING or not self.requests.is_partial:
            return self.cut("the client did not read it in time")
        if for_want_of_room:
            refused = Refused(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests are arriving; this one was slow.")
        elif self.requests.is_in_body:
            # compat: clients K-19: clients take 408 for success.
            refused = Refused(HTTPStatus.BAD_REQUEST, "The body did not arrive in time.")
        else:
            refused = Refused(HTTPStatus.REQUEST_TIMEOUT, "The headers did not arrive in time.")
        return self.tell(refusal(refused))

    def cut(self, reason: str) -> Step:
        """Give up sending; log it, with the reason, if the client lacks part of the application's answer."""
        answer = self._answer
        if answer is not None and answer.is_of_application:
            missing = len(answer.unsent) + self.pace.unread()
            if missing:
                LOG.warning(
                    "An answer was cut off: request_id=%s remote=%s method=%s path=%s status=%s sent=%s of=%s bytes: %s",
                    answer.request_id,
                    self.ends.get("REMOTE_ADDR") or "-",
                    answer.method,
                    ascii(answer.target),
                    answer.status[:3],
                    max(0, answer.length - missing),
                    answer.length,
                    reason,
                )
        return Step.END

    def close(self) -> None:
        """Close the socket."""
        with contextlib.suppress(OSError):
            self.socket.close()

    def _receive(self) -> Step:
        for _ in range(READS):
            try:
                data = self.socket.recv(READ_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError):
                break
            if not data:
                return self._hear_the_end()
            self.pace.received += len(data)
            try:
                self.requests.feed(data)
            except Refused as refused:
                self._refused = refused
                return Step.SERVE if self.requests.ready else self._refuse()
            if self.requests.ready:
                return Step.SERVE
            if not self._is_tls and len(data) < READ_BYTES:
                break
        return self._wait_for_more()

    def _wait_for_more(self) -> Step:
        if self.requests.is_partial and not self._is_timed:
            self.pace.begin()
            self._is_timed = True
        if self.requests.owes_continue:
            self.requests.owes_continue = False
            # The socket's buffer has room for so few bytes, unless the client reads nothing; then it is its own loss.
            self.socket.send(CONTINUE)
        return Step.READ

    def _hear_the_end(self) -> Step:
        if self.requests.is_partial:
            self._refused = Refused(HTTPStatus.BAD_REQUEST, "The request ended before it was whole.")
            return self._refuse()
        return Step.END

    def _refuse(self) -> Step:
        refused = self._refused
        if refused is None:
            return Step.END
        LOG.warning("A request from %s was refused: %s", self.ends.get("REMOTE_ADDR") or "-", ascii(str(refused)))
        return self.tell(refusal(refused))

    def _send(self) -> Step:
        answer = self._answer
        while answer is not None and answer.unsent:
            try:
                sent = self.socket.send(answer.unsent)
            except (BlockingIOError, ssl.SSLWantWriteError):
                self.pace.note()
                return Step.WRITE
            self.pace.sent += sent
            answer.unsent = memoryview(answer.unsent)[sent:] if sent < len(answer.unsent) else b""
        if answer is None or answer.closes:
            return self._say_goodbye()
        return self._go_on()

    def _go_on(self) -> Step:
        self._state = State.READING
        self._is_timed = False
        self.pace.allow(self._seconds)
        if self.requests.ready:
            return Step.SERVE
        if self._refused is not None:
            return self._refuse()
        if self._is_tls and self.socket.pending():  # type: ignore[attr-defined]  # an SSLSocket
            return self._receive()
        return self._wait_for_more()

    def _say_goodbye(self) -> Step:
        answer = self._answer
        is_all_read = self._is_expected_to_close and not self.requests.ready and not self.requests.is_partial
        if answer is None or (is_all_read and answer.length < SMALL_ANSWER):
            return Step.END
        # Closing with bytes unread would reset the connection, and the client could lose the answer.
        self._state = State.LINGERING
        self.pace.allow(min(GOODBYE_SECONDS, self._seconds))
        self.socket.shutdown(socket.SHUT_WR)
        return self._read_away()

    def _read_away(self) -> Step:
        for _ in range(READS):
            try:
                data = self.socket.recv(READ_BYTES)
            except BlockingIOError:
                return Step.READ
            self.pace.received += len(data)
            if not data or self.pace.received > LINGER_BYTES:
                return Step.END
        return Step.READ

    def _shake_hands(self) -> Step:
        try:
            self.socket.do_handshake()  # type: ignore[attr-defined]  # an SSLSocket
        except ssl.SSLError as error:
            if not isinstance(error, ssl.SSLWantReadError | ssl.SSLWantWriteError):
                LOG.debug("A TLS handshake failed: %s", error)
            raise
        self._state = State.READING
        return self._receive()

    _ACTIONS: ClassVar[dict[State, Callable[["Connection"], Step]]] = {
        State.GREETING: _shake_hands,
        State.READING: _receive,
        State.SENDING: _send,
        State.LINGERING: _read_away,
    }
