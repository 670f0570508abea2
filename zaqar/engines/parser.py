"""Whole requests out of the bytes of a connection, by llhttp, and the refusal of what is none.

llhttp is strict about framing; what it leaves open (versions, other codings than chunked, sizes) is refused here.
"""

from collections import deque
from functools import lru_cache
from http import HTTPStatus

import httptools

from zaqar.engines.request import Bounds, Refused, Request

# What one connection may send before a request's body, beside the request line.
HEADER_BYTES = 8190
HEADERS_BYTES = 64 * 1024
HEADERS = 100
# A body in chunks costs more bytes than it has; in chunks of one byte, six times as many.
CHUNKED_OVERHEAD = 8

# A second one would leave open which of them counts (RFC 9110, 5.3).
_SINGLE = frozenset(("HTTP_HOST", "CONTENT_TYPE"))


class Requests:
    """The requests of one connection, in the order in which they came.

    A body beyond the bounds is not kept: its request is handed on without it, and is the connection's last.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.ready: deque[Request] = deque()
        self.owes_continue = False
        self._bounds = bounds
        # Of the request under way; ``_request`` from the end of its headers on.
        self._is_begun = False
        self._request: Request | None = None
        self._target = b""
        self._fields: dict[str, str] = {}
        self._names = 0
        self._parts: list[bytes] = []
        self._size = 0
        self._bytes = 0
        self._offered: Request | None = None
        self._is_over = False
        self._refusal: Refused | None = None
        self._parser = httptools.HttpRequestParser(self)

    @property
    def is_partial(self) -> bool:
        """Tell whether the beginning of a request has come and its end has not."""
        return self._is_begun and not self._is_over

    @property
    def is_in_body(self) -> bool:
        """Tell whether the headers of a request have come and its body has not."""
        return self.is_partial and self._request is not None

    @property
    def held(self) -> int:
        """Return the bytes of what has come of the request that is not whole."""
        return self._bytes

    def feed(self, data: bytes) -> None:
        """Take what the client sent. Raises ``Refused``."""
        received = len(data)
        while data:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                # Nothing is upgraded (Java's client offers it by default): HTTP/1.1 goes on behind the headers.
                self._parser = httptools.HttpRequestParser(self)
                data = self._head_again() + data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                self._refuse(error)
                return
        self._count(received)

    def _refuse(self, error: httptools.HttpParserError) -> None:
        if self.ready and not self.ready[-1].stays_open:
            return  # bytes after the last request that the client announced
        raise self._refusal or Refused(HTTPStatus.BAD_REQUEST, f"This is no HTTP/1.1 request: {error}.") from error

    def _count(self, received: int) -> None:
        if not self._is_begun or self._is_over:
            return
        self._bytes += received
        if self._request is None:
            if self._bytes > self._bounds.line + HEADERS_BYTES:
                if not self._names:
                    raise self._line_too_long()
                raise _headers_too_long()
        elif self._bytes > CHUNKED_OVERHEAD * self._bounds.body + HEADERS_BYTES:
            raise Refused(HTTPStatus.BAD_REQUEST, "The chunks of the body are too small, or have too much beside them.")

    # What llhttp calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begin()
        self._is_begun = True

    def on_url(self, part: bytes) -> None:
        """Take the next part of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; one in a trailer counts for nothing."""
        if self._request is not None:
            return
        self._names += 1
        if self._names > HEADERS:
            self._stop(Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"There are more than {HEADERS} headers."))
        if len(name) + len(value) > HEADER_BYTES:
            text = f"A header is longer than {HEADER_BYTES} bytes."
            self._stop(Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text))
        key = _key(name)
        if key is None:
            return
        text = value.decode("latin-1").rstrip(" \t")
        if key in self._fields:
            if key in _SINGLE:
                self._stop(Refused(HTTPStatus.BAD_REQUEST, f"There are two headers {name.decode()}."))
            text = f"{self._fields[key]},{text}"
        self._fields[key] = text

    def on_headers_complete(self) -> None:
        """Decide how the body comes; hand the request on where it must not come."""
        if self._offered is not None:
            self._request, self._offered = self._offered, None
            self.owes_continue = "HTTP_EXPECT" in self._request.fields
            return
        version = self._parser.get_http_version()
        if version not in ("1.1", "1.0"):
            self._stop(Refused(HTTPStatus.BAD_REQUEST, "This service speaks HTTP/1.1 and HTTP/1.0."))
        if len(self._target) > self._bounds.line:
            self._stop(self._line_too_long())
        fields = self._fields
        # What came in one piece is not longer than that.
        if self._bytes and sum(map(len, fields)) + sum(map(len, fields.values())) > HEADERS_BYTES:
            self._stop(_headers_too_long())
        coding = fields.get("HTTP_TRANSFER_ENCODING")
        if coding is not None and (version == "1.0" or coding.lower() != "chunked"):
            self._stop(Refused(HTTPStatus.NOT_IMPLEMENTED, "No transfer coding is known but chunked, in HTTP/1.1."))
        self._request = Request(
            self._parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            version,
            fields,
            bool(self._parser.should_keep_alive()),
        )
        length = int(fields.get("CONTENT_LENGTH") or 0)
        if length > self._bounds.body:
            self._hand_on_at_once()
        elif "HTTP_EXPECT" in fields:
            self._continue(fields["HTTP_EXPECT"], has_body=bool(length or coding), version=version)

    def on_body(self, part: bytes) -> None:
        """Keep a part of the body, if it is not too long."""
        if self._is_over:
            return
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._bounds.body:
            self._hand_on_at_once()

    def on_message_complete(self) -> None:
        """Hand the whole request on."""
        request = self._request
        if request is None or self._is_over:
            return
        if self._parser.should_upgrade() and request.has_body:
            self._offered = request  # llhttp leaves its body out
            return
        parts = self._parts
        if parts:
            request.body = parts[0] if len(parts) == 1 else b"".join(parts)
        request.is_whole = True
        self.ready.append(request)
        self._begin()

    def _head_again(self) -> bytes:
        """Return headers that make a new parser read the body of a request that offered an upgrade."""
        request = self._offered
        if request is None:
            return b""
        length = request.fields.get("CONTENT_LENGTH")
        framing = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
        return f"POST / HTTP/1.1\r\n{framing}\r\n\r\n".encode()

    def _begin(self) -> None:
        self._is_begun = False
        self._request = None
        self._target = b""
        self._fields = {}
        self._names = 0
        self._parts = []
        self._size = 0
        self._bytes = 0
        self.owes_continue = False

    def _hand_on_at_once(self) -> None:
        # The application refuses it by its length, and reads nothing or one byte too many.
        request = self._request
        if request is not None:
            request.body = b"".join(self._parts)
            request.stays_open = False
            self._parts = []
            self._is_over = True
            self.ready.append(request)

    def _continue(self, expected: str, *, has_body: bool, version: str) -> None:
        if expected.lower() != "100-continue":
            self._stop(Refused(HTTPStatus.EXPECTATION_FAILED, "No expectation is known but 100-continue."))
        self.owes_continue = has_body and version == "1.1"

    def _line_too_long(self) -> Refused:
        return Refused(HTTPStatus.BAD_REQUEST, f"The address is longer than {self._bounds.line} bytes.")

    def _stop(self, refusal: Refused) -> None:
        # The parser hides the exceptions of what it calls behind its own.
        self._refusal = refusal
        raise refusal


def _headers_too_long() -> Refused:
    return Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too long.")


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str | None:
    """Return WSGI's name of a header; None for one with an underscore, which would pass for one with a hyphen."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
