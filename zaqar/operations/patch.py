"""Changes to metadata, in the restricted JSON patch of http Q-34 to Q-38."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from zaqar.errors import Conflict, InvalidBody

_OPERATIONS = ("add", "remove", "replace")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_PATH_TOKENS = 2


class Change(msgspec.Struct, frozen=True):
    """One operation of a patch on one metadata key."""

    op: str
    key: str
    value: Any = None


def parse(document: object) -> list[Change]:
    """Return the changes that a patch document asks for. Raises ``InvalidBody``."""
    if not isinstance(document, Sequence) or isinstance(document, str):
        raise InvalidBody("Document type not supported. A patch is an array of operations.")
    return [_change(entry) for entry in document]


def apply(changes: Sequence[Change], metadata: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changed metadata; ``defaults`` are the keys that exist without being stored. Raises ``Conflict``."""
    result = dict(metadata)
    for change in changes:
        if change.op != "add" and change.key not in result and change.key not in defaults:
            remedy = "; the operation add makes it" if change.op == "replace" else ""
            raise Conflict(f'Cannot {change.op} "{change.key}": the metadata has no such key{remedy}.')
        if change.op == "remove":
            result.pop(change.key, None)
        else:
            result[change.key] = change.value
    return result


def _change(entry: object) -> Change:
    if not isinstance(entry, Mapping):
        raise InvalidBody("Each operation of a patch must be an object.")
    op = entry.get("op")
    if not isinstance(op, str) or op not in _OPERATIONS:
        raise InvalidBody(f"op must be one of {', '.join(_OPERATIONS)}.")
    path = entry.get("path")
    if not isinstance(path, str):
        raise InvalidBody('path must be a string, such as "/metadata/owner".')
    if op != "remove" and "value" not in entry:
        raise InvalidBody(f"The operation {op} needs a value.")
    return Change(op, _key(path), entry.get("value"))


def _key(path: str) -> str:
    """Return the key that a path names: ``/metadata/<key>`` is the only form (http Q-36, O-24)."""
    if not path.startswith("/"):
        raise InvalidBody('path must start with "/".')
    if _BAD_ESCAPE.search(path):
        raise InvalidBody('"~" in path must be followed by 0 or 1.')
    # compat: http O-24: a second leading slash is tolerated.
    tokens = [token.strip().replace("~1", "/").replace("~0", "~") for token in path[1:].removeprefix("/").split("/")]
    if len(tokens) != _PATH_TOKENS or not all(tokens) or tokens[0].lower() != "metadata":
        raise InvalidBody("path must have the form /metadata/<key>.")
    return tokens[1]
