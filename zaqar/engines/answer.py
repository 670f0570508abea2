"""The bytes that a client is sent: the application's answer, or an error that the engine makes itself."""

import io
import json
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from zaqar.engines.endpoint import Application
from zaqar.engines.request import Refused, Request

RETRY_AFTER = 5
"""The value of Retry-After, in seconds, in answers to requests that the service had no room for."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_BODILESS = ("204", "304")

Headers = list[tuple[str, str]]


class Answer:
    """One answer that is being sent; ``unsent`` are the bytes that the socket has not taken yet."""

    __slots__ = ("closes", "headers", "length", "method", "status", "target", "unsent")

    def __init__(self, request: Request | None, status: str, headers: Headers, body: bytes, *, closes: bool) -> None:
        self.method = request.method if request else "-"
        self.target = request.target if request else "-"
        self.status = status
        self.headers = headers
        self.closes = closes
        data = _head(status, headers, len(body), closes=closes)
        if body and self.method != "HEAD" and status[:3] not in _BODILESS:
            data += body
        self.length = len(data)
        self.unsent: bytes | memoryview = data

    @property
    def is_of_application(self) -> bool:
        """Tell whether this answers a request; if not, it refuses what was none, and may be cut off unlogged."""
        return self.method != "-"

    @property
    def request_id(self) -> str:
        """Return the request id that the application put into the answer's headers, or ``-``."""
        return next((value for name, value in self.headers if name.lower() == "x-openstack-request-id"), "-")


class Served:
    """Calls the WSGI application; each thread calls ``answer`` for one request at a time."""

    def __init__(self, application: Application, *, scheme: str, is_one_of_several: bool) -> None:
        self._application = application
        self._environment: dict[str, Any] = {
            "SCRIPT_NAME": "",
            "SERVER_SOFTWARE": "zaqar",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scheme,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": is_one_of_several,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            # The parser refuses a chunked body that breaks off, so the application need not look for it.
            "zaqar.checks_chunks": True,
        }

    def answer(self, request: Request, ends: dict[str, str], *, closes: Callable[[], bool]) -> Answer:
        """Call the application with a request and return its answer.

        ``ends``: WSGI's variables for the addresses and ports of both ends of the connection. ``closes`` tells whether
        the connection has to be closed after this answer.
        """
        said = _Said()
        result = self._application(self._environ(request, ends), said)
        try:
            body = b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        return Answer(request, said.status, said.headers, body, closes=closes() or not request.stays_open)

    def _environ(self, request: Request, ends: dict[str, str]) -> dict[str, Any]:
        target = request.target
        if not target.startswith("/"):
            target = _origin_form(target)
        path, _, query = target.partition("#")[0].partition("?")
        if "%" in path:
            path = unquote_to_bytes(path).decode("latin-1")
        return {
            **self._environment,
            **ends,
            **request.fields,
            "REQUEST_METHOD": request.method,
            "RAW_URI": request.target,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_PROTOCOL": f"HTTP/{request.version}",
            "wsgi.input": io.BytesIO(request.body),
        }


class _Said:
    """The ``start_response`` of PEP 3333: the application calls it with the status and headers before the body."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, exc_info: object = None) -> None:  # noqa: ARG002  # as in PEP 3333
        self.status = status
        self.headers = headers


def refusal(refused: Refused, request: Request | None = None) -> Answer:
    """Return the answer to a request that is refused before the application sees it: JSON, like the API's errors."""
    document = {"title": refused.status.phrase, "description": refused.description}
    headers = [("Content-Type", "application/json")]
    if refused.status is HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("Retry-After", str(RETRY_AFTER)))
    status = f"{refused.status.value} {refused.status.phrase}"
    return Answer(request, status, headers, json.dumps(document).encode(), closes=True)


def failure(request: Request) -> Answer:
    """Return the answer to a request that the application raised an exception for."""
    return refusal(Refused(HTTPStatus.INTERNAL_SERVER_ERROR, "The request failed; the log says why."), request)


def _head(status: str, headers: Headers, length: int, *, closes: bool) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Date: {_date()}", "Connection: close" if closes else "Connection: keep-alive"]
    is_known = status.startswith("204")  # the length is zero, and the header is forbidden (RFC 9110, 8.6)
    for name, value in headers:
        if name.lower() == "content-length":
            if is_known:
                continue
            is_known = True
        lines.append(f"{name}: {value}")
    if not is_known:
        lines.append(f"Content-Length: {length}")
    text = "\r\n".join(lines)
    if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1:
        raise ValueError("A header of the answer has a line break in it.")
    return f"{text}\r\n\r\n".encode("latin-1")


class _Clock:
    """The value of the header Date, formatted once a second for all answers."""

    second = 0
    date = ""


def _date() -> str:
    now = int(time.time())
    if now != _Clock.second:
        year, month, day, hour, minute, second, weekday, *_ = time.gmtime(now)
        _Clock.date = f"{_WEEKDAYS[weekday]}, {day:02} {_MONTHS[month]} {year} {hour:02}:{minute:02}:{second:02} GMT"
        _Clock.second = now
    return _Clock.date


def _origin_form(target: str) -> str:
    """Return the path and query of an absolute address (RFC 9112, 3.2.2)."""
    _, separator, rest = target.partition("://")
    if not separator:
        return target  # "*", which OPTIONS may have, and the host and port of CONNECT
    host = rest.partition("#")[0].partition("?")[0].partition("/")[0]
    path = rest[len(host) :]
    return path if path.startswith("/") else f"/{path}"
