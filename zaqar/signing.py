"""Signatures that open paths without a token: how they are made, and when one is good (http section 10)."""

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from zaqar.clock import Clock
from zaqar.errors import SignatureExpired, SignatureRefused
from zaqar.models import QueueKey

SEPARATOR = "\\n"
"""compat: http U-9: a backslash and the letter n, not a line feed."""

_ROOT = "/v2/"
_IS_INTEGER = re.compile(r"\s*[+-]?\d+\s*\Z").match
_is_method = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z").match


class Grant(msgspec.Struct, frozen=True):
    """What a signature opens: each of the methods on each of the paths and below it, in one project, until a time."""

    paths: Sequence[str]
    """As the router sees them: from ``/v2/`` on, without a prefix of the deployment."""
    methods: Sequence[str]
    project: str
    expires: datetime
    """UTC, whole seconds; from then on it opens nothing."""

    @property
    def expires_text(self) -> str:
        """The time as it is shown and signed, without a zone."""
        return self.expires.replace(tzinfo=None).isoformat()

    def opens(self, method: str, path: str) -> bool:
        """Tell whether it is meant for a request; everything is compared as it is written."""
        return method in self.methods and any(path == one or path.startswith(f"{one}/") for one in self.paths)


class Signer:
    """Makes signatures with the first of its keys, and accepts those of every key; without keys it does neither."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        self._keys = [key.encode(errors="surrogateescape") for key in keys]
        self._clock = clock

    @property
    def has_key(self) -> bool:
        """Whether there is anything to sign with."""
        return bool(self._keys)

    def now(self) -> datetime:
        """Return the time by which signatures end."""
        return datetime.fromtimestamp(self._clock.now(), UTC)

    def second(self) -> int:
        """Return that time as seconds since 1970."""
        return self._clock.now()

    def sign(self, grant: Grant) -> str:
        """Return the signature: 64 hexadecimal digits in lower case."""
        return _signature(self._keys[0], _text(grant))

    def verify(self, grant: Grant, signature: str) -> None:
        """Raise ``SignatureRefused`` unless the signature is that of the grant; its time may be over."""
        # Without a backslash in the first two fields, the four can be told from one another in the text.
        if any("\\" in one for one in (*grant.paths, *grant.methods)) or not all(
            path.startswith(_ROOT) for path in grant.paths
        ):
            raise SignatureRefused("a path does not begin with /v2/, or a path or a method has a backslash")
        given, text = signature.encode(errors="surrogatepass"), _text(grant)
        # Every key is tried, so that time tells nothing of which it was.
        found = [hmac.compare_digest(_signature(key, text).encode(), given) for key in self._keys]
        if not any(found):
            raise SignatureRefused("the signature is not that of the headers, the project or any key")

    def check(self, grant: Grant, *, method: str, path: str) -> None:
        """Raise ``SignatureRefused`` unless the grant is for the request, ``SignatureExpired`` where its time is over."""
        if not grant.opens(method, path):
            raise SignatureRefused("the signature is for other methods or paths")
        if grant.expires.timestamp() <= self._clock.now():
            raise SignatureExpired("the signature has expired")


def path_of(queue: QueueKey, resource: str) -> str:
    """Return the path that is signed for what a queue has, such as its messages."""
    return f"{_ROOT}{queue.kind}s/{queue.name}/{resource}"


def parse_time(text: str) -> datetime:
    """Return what an ISO 8601 time says, in UTC and whole seconds. Raises ``ValueError``."""
    if _IS_INTEGER(text):  # Python would take 20300101 for a date
        raise ValueError("a number is no time")
    time = datetime.fromisoformat(text)
    try:
        utc = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time is out of range") from None
    return utc.replace(microsecond=0)


def is_method(text: str) -> bool:
    """Tell whether HTTP could carry a method of that name, which then has no comma and no backslash."""
    return _is_method(text) is not None


def _text(grant: Grant) -> bytes:
    """Return what is signed (http U-8)."""
    paths, methods = (",".join(sorted(several)) for several in (grant.paths, grant.methods))
    return SEPARATOR.join((paths, methods, grant.project, grant.expires_text)).encode(errors="surrogatepass")


def _signature(key: bytes, text: bytes) -> str:
    return hmac.digest(key, text, "sha256").hex()
