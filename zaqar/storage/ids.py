"""The form of message and claim ids, the same in every driver (design section 6).

14 hex digits of position, then 16 of a random token: the position finds the row and orders it, the token makes the
id impossible to guess. An id is also the marker of a listing.
"""

import re
import secrets
from collections.abc import Sequence
from typing import NamedTuple

_FORM = re.compile(r"[0-9a-f]{30}\Z")
_POSITION_DIGITS = 14
MAX_POSITION = 2**53


class Id(NamedTuple):
    """The two parts of an id."""

    position: int
    token: str


class MalformedId(ValueError):
    """The text is not of the service's form, so it names nothing."""


def new_token() -> str:
    """Return 16 random hex digits."""
    return secrets.token_hex(8)


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


def parse_ids(texts: Sequence[str]) -> list[Id]:
    """Return the parts of those that are of the service's form, in order, each once."""
    found = dict.fromkeys(text for text in texts if _FORM.match(text))
    return [Id(int(text[:_POSITION_DIGITS], 16), text[_POSITION_DIGITS:]) for text in found]
