"""A gunicorn connection that ends: no client holds a thread longer than the client timeout allows.

gunicorn waits for headers, bodies and TLS handshakes without limit. Here each of them, and each write of an answer, has
one deadline, which bytes that trickle in do not move.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

from gunicorn import util
from gunicorn.http import Request, RequestParser
from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader
from gunicorn.sock import ssl_wrap_socket
from gunicorn.workers.gthread import TConn

# A client that is still sending what was refused gets this much read and thrown away, so that it sees the answer
# rather than a reset.
LINGER_SECONDS = 2.0
LINGER_BYTES = 16 * 1024 * 1024
ANSWER_BYTES = 64 * 1024


class TimedReader(SocketUnreader):  # type: ignore[misc]  # gunicorn ships no types
    """Reads from the socket until a deadline; after it, as if the client had closed."""

    def __init__(self, connection: "Connection", seconds: float) -> None:
        super().__init__(connection.sock)
        self.expired = False
        self._request: Request | None = None
        self._seconds = seconds
        self._deadline = 0.0
        self._is_first = True

    def begin(self, request: Request | None = None) -> None:
        """Start the deadline anew: for headers, or for the body of the request whose headers are read."""
        self._request = request
        self._deadline = time.monotonic() + self._seconds
        self._is_first = True

    @property
    def stopped_in_headers(self) -> bool:
        """Tell whether the time was over before a whole request had come."""
        return self.expired and self._request is None

    def chunk(self) -> bytes:
        """Return what the client sent next; nothing once the time is over."""
        remaining = self._deadline - time.monotonic()
        if self.expired or remaining <= 0:
            return self._expire()
        if not self._is_first:
            # The socket waits for the whole time otherwise, which is right for the first read.
            self.sock.settimeout(remaining)
        self._is_first = False
        try:
            received: bytes = self.sock.recv(self.mxchunk)
        except TimeoutError:
            return self._expire()
        return received

    def _expire(self) -> bytes:
        # An early end of the body is something every application must refuse already; what follows on this
        # connection could be the rest of that body, so it is never read as a request.
        self.expired = True
        if self._request is not None:
            self._request.force_close()
        return b""


class Answer:
    """Stands for the socket while an answer is written, and sends its headers and its body in one go.

    It saves a system call and a packet for each request.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        self.socket = connection
        self._seconds = seconds
        self._parts: list[bytes] = []
        self._size = 0

    def sendall(self, data: bytes) -> None:
        """Take the data; send it once there is much of it."""
        self._parts.append(data)
        self._size += len(data)
        if self._size > ANSWER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what was taken, within the client timeout."""
        if self._parts:
            data, self._parts, self._size = b"".join(self._parts), [], 0
            self.socket.settimeout(self._seconds)
            self.socket.sendall(data)

    def __getattr__(self, name: str) -> Any:
        self.flush()
        return getattr(self.socket, name)


class Connection(TConn):  # type: ignore[misc]  # gunicorn ships no types
    """One client's connection; takes over what gunicorn accepted."""

    sock: socket.socket

    def __init__(self, accepted: TConn, seconds: float) -> None:
        super().__init__(accepted.cfg, accepted.sock, accepted.client, accepted.server)
        self.reader: TimedReader | None = None
        self._seconds = seconds

    def wait_for_data(self, timeout: float) -> bool:  # noqa: ARG002  # the caller's limit would hold its thread
        """Tell whether the client has sent something; the worker's poller waits for it otherwise."""
        try:
            self.sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            pass
        self.data_ready = True
        return True

    def init(self) -> None:
        """Prepare for the next request; on the first one, shake hands and make the parser."""
        self.sock.settimeout(self._seconds)
        if self.reader is None:
            self.initialized = True
            if self.cfg.is_ssl:
                self._shake_hands()
            self.parser = RequestParser(self.cfg, self.sock, self.client)
            self.parser.unreader = self.reader = TimedReader(self, self._seconds)
        self.reader.begin()

    @property
    def is_expired(self) -> bool:
        """Tell whether the client took too long, so that nothing more can be read from it."""
        return self.reader is not None and self.reader.expired

    @property
    def has_next_request(self) -> bool:
        """Tell whether the client has sent a further request already, which no poller would notice any more."""
        # An empty line after a body is left over from old clients; it starts nothing.
        return self.reader is not None and bool(self.reader.buf.getvalue().strip(b"\r\n"))

    @contextlib.contextmanager
    def answer(self, request: Request) -> Iterator[None]:
        """Start the deadline for the body of a request whose headers are read; send the answer at the end."""
        if self.reader is not None:
            self.reader.begin(request)
        answer: Any = Answer(self.sock, self._seconds)
        self.sock = answer
        try:
            yield
            answer.flush()
        except TimeoutError as error:
            if self.reader is not None:
                self.reader.expired = True
            raise NoMoreData from error
        finally:
            self.sock = answer.socket

    def end(self) -> None:
        """Say goodbye from the thread that served the request, since lingering would stop the worker's main loop."""
        if self.reader is not None and self.reader.stopped_in_headers:
            util.write_error(self.sock, 408, "Request Timeout", "The headers did not arrive in time.")
        seconds = 0 if self.is_expired else min(LINGER_SECONDS, self._seconds)
        util.close_graceful(self.sock, timeout=seconds, max_drain=LINGER_BYTES)

    def close(self, graceful: bool = False) -> None:  # noqa: ARG002  # see end()
        """Close the socket at once."""
        util.close(self.sock)

    def _shake_hands(self) -> None:
        try:
            secured = ssl_wrap_socket(self.sock, self.cfg)
            self.sock = secured
            secured.do_handshake()
        except TimeoutError as error:
            raise NoMoreData from error
