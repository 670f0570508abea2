"""The options of an address: what stands after its question mark."""

import re
import urllib.parse
from collections.abc import Container

from zaqar.errors import ConfigurationError

NAMES = (
    "dbid",
    "master",
    "max_connections",
    "sentinel_password",
    "sentinel_username",
    "socket_timeout",
    "ssl_ca_certs",
    "ssl_cert_reqs",
    "ssl_certfile",
    "ssl_check_hostname",
    "ssl_keyfile",
)
_NAME = re.compile(r"[a-z_]{1,40}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}", re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
LONGEST_TIMEOUT = 3600.0


class Query:
    """The options that an address gives, each at most once."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, str] = {}
        for piece in filter(None, text.split("&")):
            name, equals, value = piece.partition("=")
            if name not in NAMES:
                raise ConfigurationError(_unknown(name, text))
            if name in self._values:
                raise ConfigurationError(f"The uri of the redis store gives the option {name} twice.")
            if not equals or not value:
                raise ConfigurationError(f"The uri of the redis store gives the option {name} no value.")
            self._values[name] = decoded(value, f"option {name}")

    def given(self, names: Container[str]) -> list[str]:
        """Return which of the names have a value."""
        return [name for name in self._values if name in names]

    def text(self, name: str) -> str | None:
        """Return the option as it is, or None where it is not given."""
        return self._values.get(name)

    def number(self, name: str, least: int) -> int | None:
        """Return the option as a whole number."""
        value = self._values.get(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or int(value) < least:
            raise ConfigurationError(
                f"The option {name} in the uri of the redis store must be a whole number, {least} or more."
            )
        return int(value)

    def seconds(self, name: str) -> float | None:
        """Return the option as a positive number of seconds."""
        value = self._values.get(name)
        if value is None:
            return None
        if not _SECONDS.fullmatch(value) or not 0.001 <= float(value) <= LONGEST_TIMEOUT:
            raise ConfigurationError(
                f"The option {name} in the uri of the redis store must be seconds, from 0.001 to {LONGEST_TIMEOUT:g}."
            )
        return float(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return the option as one of the words."""
        value = self._values.get(name)
        if value is not None and value not in choices:
            raise ConfigurationError(
                f"The option {name} in the uri of the redis store must be one of {', '.join(choices)}."
            )
        return value


def decoded(text: str, what: str) -> str:
    """Return the text with its percent escapes undone."""
    if _BAD_ESCAPE.search(text):
        raise ConfigurationError(
            f"The {what} in the uri of the redis store has a percent sign that begins no escape: write %25 for it."
        )
    try:
        return urllib.parse.unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        # The error's text has the bytes, which may be a password: it is not chained.
        raise ConfigurationError(f"The {what} in the uri of the redis store is not UTF-8.") from _without_text(error)


def _without_text(error: Exception) -> Exception:
    return ValueError(type(error).__name__)


def _unknown(name: str, text: str) -> str:
    known = ", ".join(NAMES)
    # The name may be a piece of a password, in which a question mark or an ampersand was not escaped.
    if "@" in text or "sentinel_password" in text or not _NAME.fullmatch(name):
        return f"The uri of the redis store has an option that is not known. Known are {known}."
    return f"The uri of the redis store has the option {name}, which is not known. Known are {known}."
