"""Messages: as they are posted, stored and shown."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from zaqar.models.moves import Origin

Audience = Literal["everybody", "all but queues", "nobody"]
"""Which subscribers are told of a post: all; all but those that are queues, as it came from a queue itself (notifications N-11); none."""


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
    origin: Origin | None = None
    """Of a dead letter."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """A stored message. ``claim_id`` is set only while the claim lives (http O-36)."""

    id: str
    body: bytes
    ttl: int
    age: int
    claim_id: str | None = None
    claim_count: int = 0
    checksum: str | None = None


class MessageDetails(msgspec.Struct, frozen=True):
    """What is known of a message beyond what is shown of it everywhere."""

    message: Message
    claimed_until: int | None = None
    """The second at which its claim ends."""
    due: int | None = None
    """The second at which its delay ends, while that is to come."""
    origin: Origin | None = None


class Posted(NamedTuple):
    """What became of a post."""

    ids: Sequence[str]
    """The messages' ids, in order."""
    has_notice: bool = False
    """Whether subscribers are to be told of it, so that it is news to whoever delivers."""
