"""What the outbox of a queue holds."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from zaqar.models.moves import Origin

Purpose = Literal["post", "copy", "question", "redelivery"]
"""What a notice is of: a post; a post of what came through a subscription of a queue; something that one subscriber is asked; a dead
letter that one subscriber is to get after all."""


class NoticedMessage(msgspec.Struct, frozen=True, gc=False):
    """A message as a notice holds it; the body as it is stored, which may be encrypted."""

    body: bytes
    ttl: int
    delay: int
    origin: Origin | None = None
    """Of a redelivery: where the dead letter comes from, as it is once that is brought back."""


_NO_IDS: Mapping[int, str] = {}


class Notice(msgspec.Struct, frozen=True):
    """What the outbox of a queue has of one post: its messages have consecutive positions, and one token."""

    first: int
    """The position of the first message."""
    token: str
    created: int
    messages: Sequence[NoticedMessage]
    subscription_id: str | None = None
    """Whom it is for, where it is for one subscription only."""
    purpose: Purpose = "post"

    @property
    def last(self) -> int:
        """Return the position of the last message."""
        return self.first + len(self.messages) - 1

    def original_id(self, position: int) -> str | None:
        """Return the id that a message had when it became a dead letter, where it was brought back."""
        origin = self.messages[position - self.first].origin
        return None if origin is None else origin.message_id

    @property
    def original_ids(self) -> Mapping[int, str]:
        """Return such ids by position."""
        if self.purpose != "redelivery":
            return _NO_IDS
        numbered = enumerate(self.messages, self.first)
        return {position: one.origin.message_id for position, one in numbered if one.origin is not None}


MessageType = Literal["SubscriptionConfirmation", "UnsubscribeConfirmation"]


class Question(msgspec.Struct, frozen=True):
    """What a subscriber is asked: the body of a notice's only message, for one subscription, that is signed when it is sent."""

    message_type: MessageType
    expires: int
    """The second at which the signature ends."""
