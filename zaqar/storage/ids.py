"""The form of message and claim ids, the same in every driver (http M-4, storage R2.2.1).

14 hex digits of position, then 16 of a random token: the position finds the row and orders it, the token makes the
id impossible to guess. An id is also the marker of a listing.
"""

import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

from zaqar import forks

_FORM = re.compile(r"[0-9a-f]{30}\Z")
_POSITION_DIGITS = 14
TOKEN_DIGITS = 16
_DRAWN_AT_ONCE = 256
_drawn: list[str] = []
"""Tokens still to be given out: to ask the system for each would cost a thread its turn at the interpreter."""
forks.call(_drawn.clear)  # else parent and child would give out the same ones
MAX_POSITION = 2**53
"""The last position that an id can name: beyond, numbers of Redis and of JSON are no longer exact."""

_LAST_FOLLOWED = 2**52
"""The microsecond, in the year 2112, from which positions count on by one instead of following the clock."""


class Id(NamedTuple):
    """The two parts of an id."""

    position: int
    token: str


UNKNOWN = Id(0, "")
"""An id that names nothing: what a malformed one is taken for."""


class MalformedId(ValueError):
    """The text is not of the service's form, so it names nothing."""


def new_token() -> str:
    """Return 16 random hex digits, which nobody can guess."""
    while True:
        try:
            return _drawn.pop()
        except IndexError:
            digits = secrets.token_hex(_DRAWN_AT_ONCE * TOKEN_DIGITS // 2)
            _drawn.extend(digits[at : at + TOKEN_DIGITS] for at in range(0, len(digits), TOKEN_DIGITS))


def position_at(microseconds: int) -> int:
    """Return the position that a clock asks for, bounded: one look at a clock far ahead must not use up all there are."""
    return min(microseconds, _LAST_FOLLOWED)


def format_id(position: int, token: str) -> str:
    """Return the public form."""
    return f"{position:014x}{token}"


def parse_id(text: str) -> Id:
    """Return the parts of a public id. Raises ``MalformedId``."""
    if not _FORM.match(text):
        raise MalformedId(text)
    position = int(text[:_POSITION_DIGITS], 16)
    if position > MAX_POSITION:
        raise MalformedId(text)
    return Id(position, text[_POSITION_DIGITS:])


def named(text: str) -> Id:
    """Return the parts of a public id; of a malformed one, those of an id that names nothing."""
    try:
        return parse_id(text)
    except MalformedId:
        return UNKNOWN


def parse_ids(texts: Sequence[str]) -> list[Id]:
    """Return the parts of those that are of the service's form, in order, each once."""
    found = dict.fromkeys(text for text in texts if _FORM.match(text))
    names = [Id(int(text[:_POSITION_DIGITS], 16), text[_POSITION_DIGITS:]) for text in found]
    return [name for name in names if name.position <= MAX_POSITION]
