"""What a request left unread is read away before its answer, so that the client sees that and not a reset.

Most clients send their whole body before they look for an answer.
"""

import threading
import time
from typing import Any, BinaryIO

from falcon import Request, Response

from zaqar.transport.wsgi import body

MOST_BYTES = 64 * 1024 * 1024
MOST_SECONDS = 10.0
MOST_READERS = 64
"""Threads that wait for stalled clients; what is refused beyond them is answered at once, body unread."""

_PIECE = 65536
_readers = threading.BoundedSemaphore(MOST_READERS)


class Leftovers:
    """Reads away what is left of a body, at most so many bytes and seconds."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most_seconds = most_seconds

    def process_response(self, req: Request, resp: Response, resource: object, req_succeeded: bool) -> None:
        """Look whether anything is left."""
        env = req.env
        if (env.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in env) and not env.get(body.IS_READ):
            _discard(env, self._most_seconds)


def _discard(env: dict[str, Any], seconds: float) -> None:
    if body.IS_READ not in env and "100-continue" in env.get("HTTP_EXPECT", "").lower():
        return  # reading would ask for the body, which the client holds back until it is asked
    length = env.get("CONTENT_LENGTH")
    size = _number(length) if length else MOST_BYTES
    if not 0 < size <= MOST_BYTES:
        return  # beyond it, the client would not come to its end in any case
    stream = env["wsgi.input"]
    if env.get("SERVER_SOFTWARE") != "Granian":
        _read_away(stream, size, seconds)
    elif _readers.acquire(blocking=False):
        # Its reads have no timeout: a client that stalls would keep this thread, and with it an answer.
        reader = threading.Thread(target=_read_away_and_count, args=(stream, size, seconds), daemon=True)
        reader.start()
        reader.join(seconds)


def _number(length: str) -> int:
    return int(length) if length.isdecimal() and len(length) <= len(str(MOST_BYTES)) else 0


def _read_away_and_count(stream: BinaryIO, size: int, seconds: float) -> None:
    try:
        _read_away(stream, size, seconds)
    finally:
        _readers.release()


def _read_away(stream: BinaryIO, size: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    try:
        while size > 0 and time.monotonic() < deadline:
            piece = stream.read(min(_PIECE, size))
            if not piece:
                return
            size -= len(piece)
    except OSError:
        return  # the client went away
