"""Parses the bytes of a connection into whole requests, with llhttp, and refuses bytes that are no request.

llhttp is strict about where a request ends. What it lets pass is refused here: versions other than 1.0 and 1.1,
transfer codings other than chunked, and headers that are too long.
"""

from collections import deque
from functools import lru_cache
from http import HTTPStatus

import httptools

from zaqar.engines.request import Bounds, Refused, Request

# Most bytes of a request's headers, without the request line.
HEADER_BYTES = 8190
HEADERS_BYTES = 64 * 1024
HEADERS = 100
# How many times its length a chunked body may take on the wire; in chunks of one byte it takes six times.
CHUNKED_OVERHEAD = 8

# A request may have each of these once: of two, nobody could say which counts (RFC 9110, 5.3).
_SINGLE = frozenset(("HTTP_HOST", "CONTENT_TYPE"))


class Requests:
    """The requests of one connection, in the order in which they came; ``ready`` are those to be served.

    A request whose body is longer than the bounds is handed on at once, for the application to refuse it by its length.
    The rest of the body is not kept, and the connection serves no further request.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.ready: deque[Request] = deque()
        self.owes_continue = False
        self._bounds = bounds
        # The state of the request that is being read; ``_request`` is set at the end of its headers.
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
        """Return how many bytes are kept of the request that has not come wholly."""
        return self._bytes

    def feed(self, data: bytes) -> None:
        """Parse the next bytes of the client. Raises ``Refused`` for bytes that are no request to this service."""
        received = len(data)
        while data:
            try:
                self._parser.feed_data(data)
                break
            except httptools.HttpParserUpgrade as upgrade:
                # Java's client offers an upgrade by default. It is not accepted: what follows is read as HTTP/1.1.
                self._parser = httptools.HttpRequestParser(self)
                data = self._head_again() + data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                self._refuse(error)
                return
        self._count(received)

    def _refuse(self, error: httptools.HttpParserError) -> None:
        if self.ready and not self.ready[-1].stays_open:
            return  # the client said that the request before these bytes is its last
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

    # llhttp calls the following.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._begin()
        self._is_begun = True

    def on_url(self, part: bytes) -> None:
        """Take the next part of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; ignore those that follow a chunked body."""
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
        """Check the headers; hand the request on at once where its body would be too long."""
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
        # A request that came in one read cannot have longer headers, and ``_bytes`` is 0.
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
        """Keep a part of the body; hand the request on at once where the body is too long."""
        if self._is_over:
            return
        self._parts.append(part)
        self._size += len(part)
        if self._size > self._bounds.body:
            self._hand_on_at_once()

    def on_message_complete(self) -> None:
        """Add the request to those that are ready."""
        request = self._request
        if request is None or self._is_over:
            return
        if self._parser.should_upgrade() and request.has_body:
            self._offered = request  # llhttp has not read its body, as it stops where an upgrade is offered
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
        # The application refuses the body for its length: by Content-Length, or after reading one byte too many.
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
        # llhttp replaces an exception that is raised in a callback by its own, so the real one is kept here.
        self._refusal = refusal
        raise refusal


def _headers_too_long() -> Refused:
    return Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too long.")


@lru_cache(maxsize=1024)
def _key(name: bytes) -> str | None:
    """Return WSGI's name of a header, or None where it has an underscore: WSGI would give it the name of another."""
    if b"_" in name:
        return None
    key = name.decode("latin-1").upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
