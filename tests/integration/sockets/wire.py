"""HTTP as bytes on a socket: requests that may be wrong on purpose, and what came back."""

import contextlib
import dataclasses
import json
import socket
import time
from collections.abc import Iterator

from tests.integration.process import RunningServer

PATH = "/v2/queues/sockets/messages"
BODY = json.dumps({"messages": [{"ttl": 60, "body": "x" * 200}]}).encode()
TOO_LARGE = 2 * 1024 * 1024
CLIENT = {"Host": "localhost", "Client-ID": "01234567-89ab-cdef-0123-456789abcdef", "Content-Type": "application/json"}
PROJECT = {"X-Project-Id": "sockets"}


def head(method: str = "POST", path: str = PATH, headers: dict[str, str] | None = None, **more: object) -> bytes:
    """Build everything before the body; ``more`` are headers with ``_`` for ``-``."""
    lines = [f"{method} {path} HTTP/1.1"]
    fields = {**CLIENT, **(PROJECT if headers is None else headers)}
    lines += [f"{name}: {value}" for name, value in fields.items()]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def post(body: bytes = BODY, **more: object) -> bytes:
    """Build a whole, correct request."""
    return head(Content_Length=len(body), **more) + body


def chunk(part: bytes) -> bytes:
    """Wrap a part of a body for ``Transfer-Encoding: chunked``; an empty one ends the body."""
    return b"%x\r\n%s\r\n" % (len(part), part)


@dataclasses.dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One connection, and what the server said on it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._stream = connection.makefile("rb")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self.socket.close()

    def send(self, *parts: bytes, pause: float = 0.0) -> "Client":
        """Send the parts, with a pause after each, for as long as the server takes them."""
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self.socket.sendall(part)
                time.sleep(pause)
        return self

    def half_close(self) -> "Client":
        """Say that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def read(self) -> Answer | None:
        """Return the next response; None where the server closed the connection instead."""
        try:
            line = self._stream.readline()
            if not line:
                return None
            headers = {}
            while (field := self._stream.readline().strip()) != b"":
                name, _, value = field.decode("latin-1").partition(":")
                headers[name.lower()] = value.strip()
            body = self._stream.read(int(headers.get("content-length", 0)))
        except ConnectionError:
            return None
        return Answer(int(line.split()[1]), headers, body)

    def outcome(self, *, seconds: float = 5.0) -> str:
        """Say in a word or two what the server did: a status, ``closed`` or ``no answer``."""
        self.socket.settimeout(seconds)
        try:
            answer = self.read()
        except TimeoutError:
            return "no answer"
        return "closed" if answer is None else str(answer.status)


def said(server: RunningServer, *parts: bytes, seconds: float = 5.0) -> str:
    """Send the parts on a connection of their own and return the outcome."""
    with Client(server.connect()) as client:
        return client.send(*parts).outcome(seconds=seconds)


def in_pieces(whole: bytes, *, count: int) -> Iterator[bytes]:
    size = -(-len(whole) // count)
    yield from (whole[start : start + size] for start in range(0, len(whole), size))
