"""The header Client-ID (http X-14 to X-19)."""

import re
import uuid
from functools import lru_cache

from zaqar.transport.status import InvalidClientId, MissingHeader

_HEX = re.compile(r"[0-9a-fA-F]{32}\Z")


class ClientIdRule:
    """The form that a Client-ID must have: a UUID when ``is_strict``, else any string of a length in characters."""

    def __init__(self, *, is_strict: bool, least: int, most: int) -> None:
        self._is_strict = is_strict
        self._least = least
        self._most = most

    def canonical(self, value: str | None) -> str:
        """Return the id in the form that is stored and compared: two spellings of a UUID are one client."""
        if value is None:
            raise MissingHeader('The "Client-Id" header is required.')
        canonical = _as_uuid(value)
        if self._is_strict:
            if canonical is None:
                raise InvalidClientId(
                    'Malformed hexadecimal UUID. The "Client-ID" header must be a UUID, such as '
                    "3381af92-2b9e-11e3-b191-71861300734c, which the client makes once and keeps."
                )
            return canonical
        if not self._least <= len(value) <= self._most:
            raise InvalidClientId(
                f'The "Client-ID" header has {self._least} to {self._most} characters; this has {len(value)}.'
            )
        return canonical or value


@lru_cache(maxsize=4096)
def _as_uuid(value: str) -> str | None:
    digits = value.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "")
    return str(uuid.UUID(digits)) if _HEX.match(digits) else None
