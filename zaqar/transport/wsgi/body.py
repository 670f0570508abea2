"""Reading request bodies, never more than a limit (http X-40, X-41, O-63)."""

import re
from typing import Any

from falcon import Request

from zaqar.errors import Invalid, InvalidBody
from zaqar.transport.wsgi.refusals import InvalidHeader

_LENGTH = re.compile(r"[0-9]{1,18}\Z", re.ASCII)


IS_READ = "zaqar.body_is_read"
"""Key of the environment: True once a body was read to its end, False once its reading began."""

CHECKS_CHUNKS = "zaqar.checks_chunks"
"""Key of the environment: set by an engine that refuses a chunked body which breaks off."""


def read(req: Request, *, most: int, refusal: type[Invalid] = Invalid) -> bytes:
    """Return the body, empty when there is none. Raises ``refusal`` when it is longer than ``most`` bytes."""
    env = req.env
    length = env.get("CONTENT_LENGTH")
    if length:
        return _read_known(env, _number(length), most, refusal)
    if "chunked" in env.get("HTTP_TRANSFER_ENCODING", "").lower():
        data = _read_up_to(env, most + 1)
        if len(data) > most:
            raise refusal(_too_large(most))
        env[IS_READ] = True
        # granian hands a body that breaks off on as one that has ended; no body could mean "everything"
        if not data and not env.get(CHECKS_CHUNKS):
            raise InvalidBody(
                "A chunked body must not be empty, as it may have been cut off; leave it out, or send {}."
            )
        return data
    return b""


def _number(length: str) -> int:
    if not _LENGTH.match(length):
        raise InvalidHeader('The value of the "Content-Length" header must be a non-negative integer.')
    return int(length)


def _read_known(env: dict[str, Any], length: int, most: int, refusal: type[Invalid]) -> bytes:
    if length > most:
        raise refusal(_too_large(most))
    data = _read_up_to(env, length)
    env[IS_READ] = True
    if len(data) < length:
        raise InvalidBody("The body is shorter than its Content-Length.")
    return data


def _read_up_to(env: dict[str, Any], length: int) -> bytes:
    stream = env["wsgi.input"]
    env[IS_READ] = False
    try:
        data: bytes = stream.read(length)
        while 0 < len(data) < length:
            more = stream.read(length - len(data))
            if not more:
                break
            data += more
    except OSError as error:  # what engines raise for a client that went away or stalls
        env[IS_READ] = True
        raise InvalidBody("The body could not be read to its end.") from error
    return data


def _too_large(most: int) -> str:
    return f"The body must not be longer than {most} bytes."
