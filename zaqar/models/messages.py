"""Messages: as they are posted, stored and shown."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class PostedMessage(msgspec.Struct, frozen=True):
    """A message as a client posts it: ``None`` stands for the queue's default."""

    body: bytes
    """One JSON value, UTF-8, as received."""
    ttl: int | None = None
    delay: int | None = None


class NewMessage(msgspec.Struct, frozen=True, gc=False):
    """A message as it is stored: everything decided."""

    body: bytes
    ttl: int
    delay: int = 0
    checksum: str | None = None


class Message(msgspec.Struct, frozen=True, gc=False):
    """A stored message. ``claim_id`` is set only while the claim lives (http O-36)."""

    id: str
    body: bytes
    ttl: int
    age: int
    claim_id: str | None = None
    claim_count: int = 0
    checksum: str | None = None


class Posted(NamedTuple):
    """What became of a post."""

    ids: Sequence[str]
    """The messages' ids, in order."""
    has_notice: bool = False
    """Whether subscribers are to be told of it, so that it is news to whoever delivers."""
