"""JSON as the service accepts it (http X-36 to X-39).

msgspec is fast and keeps message bodies byte for byte, and so lets through what nobody reads here: invalid UTF-8,
numbers that no client could read back. These are looked for first, and only suspicious text is parsed a second time.
"""

import json
import math
import re
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from zaqar.errors import InvalidBody

Document = TypeVar("Document")

MAX_DEPTH = 500
"""Objects and arrays in one another. Python's own limit depends on who calls, so what one step reads the next may not."""

_UNPARSABLE = "The body could not be parsed as JSON: {}."
_LEAST_INTEGER, _MOST_INTEGER = -(2**63), 2**63 - 1

# Digits become 0, e and E stay, the rest is blanked: three searches in C then find what a number could hide.
_SHAPE = bytes(48 if 48 <= byte <= 57 else 101 if byte in b"eE" else 43 if byte == 43 else 32 for byte in range(256))
_LONG_INTEGER = b"0" * 19
_LARGE_EXPONENT, _LARGE_SIGNED_EXPONENT = b"e000", b"e+000"

_GZIP = b"\x1f\x8b"

# What msgspec says, and what a client's author should read.
_OTHER_TYPE = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<came>[^`]+)`(?: - at `\$\.?(?P<place>[^`]*)`)?\Z")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`(?: - at `\$\.?(?P<place>[^`]*)`)?\Z")
_NAMES = {
    "object": "an object",
    "array": "an array",
    "str": "a string",
    "int": "an integer",
    "float": "a number with a fraction",
    "bool": "a boolean",
}

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_STEPS = {byte: 1 if byte in b"[{" else -1 for byte in b"[]{}"}
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _STEPS)


def check_text(data: bytes) -> None:
    """Refuse what is not UTF-8, what is nested too deeply, and numbers beyond 64 bits or a double, at any depth."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            raise InvalidBody(_UNPARSABLE.format(_not_utf_8(data))) from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH:
        _check_depth(data)
    shape = data.translate(_SHAPE)
    if _LONG_INTEGER in shape or _LARGE_EXPONENT in shape or _LARGE_SIGNED_EXPONENT in shape:
        _check_numbers(data)


def decode(data: bytes, decoder: "msgspec.json.Decoder[Document]") -> Document:
    """Return the document, checked against the decoder's type. Raises ``InvalidBody``."""
    if not data:
        raise InvalidBody(_UNPARSABLE.format("it is empty"))
    check_text(data)
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        raise InvalidBody(_wrong_type(str(error))) from None
    except msgspec.DecodeError as error:
        raise InvalidBody(_UNPARSABLE.format(error)) from None
    except RecursionError:
        raise InvalidBody(_UNPARSABLE.format("it is nested too deeply")) from None


_ANY = msgspec.json.Decoder()


def decode_any(data: bytes) -> Any:
    """Return any object or array. Raises ``InvalidBody``."""
    document = decode(data, _ANY)
    if not isinstance(document, (dict, list)):
        raise InvalidBody(_UNPARSABLE.format("its top level is neither an object nor an array"))
    return document


def decode_object(data: bytes) -> dict[str, Any]:
    """Return an object. Raises ``InvalidBody``."""
    document = decode_any(data)
    if not isinstance(document, dict):
        raise InvalidBody("Document type not supported. An object is wanted, and this is an array.")
    return document


def _wrong_type(text: str) -> str:
    """Return what to say of a member, or of the whole document, that has another type (http X-36, X-38)."""
    if found := _MISSING.match(text):
        return f"{found['place'] or 'The body'} has no member {found['name']}."
    found = _OTHER_TYPE.match(text)
    if not found:
        return f"{text}."
    wanted, came = (_NAMES.get(found[part], found[part]) for part in ("wanted", "came"))
    if found["place"]:
        return f"{found['place']} must be {wanted}, and is {came}."
    if found["came"] == "array":
        return f"Document type not supported. {wanted.capitalize()} is wanted, and this is an array."
    return _UNPARSABLE.format(f"it must be {wanted}, and is {came}")


def _not_utf_8(data: bytes) -> str:
    if data.startswith(_GZIP):
        return "it is compressed, and this service reads plain text only"
    return "it is not UTF-8; bytes that are no text go into a string as base64"


def _check_depth(data: bytes) -> None:
    brackets = _STRING.sub(b"", data).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise InvalidBody(_UNPARSABLE.format("it is nested too deeply"))


def _check_numbers(data: bytes) -> None:
    try:
        json.loads(data, parse_int=_integer, parse_float=_float)
    except RecursionError:
        raise InvalidBody(_UNPARSABLE.format("it is nested too deeply")) from None
    except ValueError as error:
        raise InvalidBody(_UNPARSABLE.format(error)) from None


def _integer(text: str) -> int:
    if not re.fullmatch(r"-?\d{1,19}", text) or not _LEAST_INTEGER <= int(text) <= _MOST_INTEGER:
        raise ValueError("an integer is beyond 64 bits")
    return int(text)


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is beyond the range of a double")
    return value
