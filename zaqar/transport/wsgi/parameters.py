"""Query parameters (http section 3.8). A blank value counts as absent; of a repeated scalar the last counts."""

import re
from collections.abc import Mapping
from urllib.parse import quote

from falcon import Request

from zaqar.errors import InvalidParameter
from zaqar.transport.documents import Link

_INTEGER = re.compile(r"\s*([+-]?)([0-9]+)\s*\Z", re.ASCII)
_MOST_DIGITS = 19  # beyond 64 bits all numbers are alike, and int() refuses thousands of digits
_TRUE = frozenset(("true", "True", "t", "yes", "y", "1", "on"))
_FALSE = frozenset(("false", "False", "f", "no", "n", "0", "off"))


def text(req: Request, name: str) -> str | None:
    """Return a parameter as it is."""
    value = req.params.get(name)
    if not value:
        return None
    if isinstance(value, list):
        value = value[-1]
    if "," in value:
        value = value.rsplit(",", 1)[-1]
    return value or None


def integer(req: Request, name: str) -> int | None:
    """Return a decimal integer."""
    value = text(req, name)
    if value is None:
        return None
    said = number(value)
    if said is None:
        raise InvalidParameter(f'The "{name}" parameter must be an integer.')
    return said


def number(value: str) -> int | None:
    """Return the integer that a text says, None where it says none; beyond 64 bits any such integer (http X-42)."""
    if len(value) < _MOST_DIGITS and value.isascii() and value.isdecimal():  # nearly always
        return int(value)
    match = _INTEGER.match(value)
    if not match:
        return None
    sign, digits = match[1], match[2].lstrip("0") or "0"
    return int(sign + (digits if len(digits) <= _MOST_DIGITS else "9" * _MOST_DIGITS))


def boolean(req: Request, name: str) -> bool:
    """Return a boolean, false when absent."""
    value = text(req, name)
    if value is None or value in _FALSE:
        return False
    if value in _TRUE:
        return True
    raise InvalidParameter(f'The "{name}" parameter must be true or false.')


def texts(req: Request, name: str) -> list[str]:
    """Return the elements of a list, from repetitions and between commas (http X-46, O-30)."""
    value = req.params.get(name, [])
    values = value if isinstance(value, list) else [value]
    return [element for part in values for element in part.split(",") if element]


def next_link(path: str, *, marker: str, given: Mapping[str, str | int | bool | None]) -> list[Link]:
    """Return the link to the page after ``marker``, with those parameters that were given."""
    parts = [f"marker={_quoted(marker)}"]
    for name, value in given.items():
        if value is True or value is False:
            parts.append(f"{name}=true" if value else f"{name}=false")
        elif value is not None:
            parts.append(f"{_quoted(name)}={_quoted(value) if isinstance(value, str) else value}")
    return [Link("next", f"{path}?{'&'.join(parts)}")]


def _quoted(text: str) -> str:
    return text if text.isascii() and text.replace("_", "").isalnum() else quote(text, safe="")
