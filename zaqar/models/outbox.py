"""What the outbox of a queue holds."""

from collections.abc import Sequence
from typing import Literal

import msgspec

Purpose = Literal["post", "copy", "question", "redelivery"]
"""What a notice is of: a post; a post of what came through a subscription of a queue; something that one subscriber is asked; a dead
letter that one subscriber is to get after all."""


class NoticedMessage(msgspec.Struct, frozen=True, gc=False):
    """A message as a notice holds it; the body as it is stored, which may be encrypted."""

    body: bytes
    ttl: int
    delay: int


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


MessageType = Literal["SubscriptionConfirmation", "UnsubscribeConfirmation"]


class Question(msgspec.Struct, frozen=True):
    """What a subscriber is asked: the body of a notice's only message, for one subscription, that is signed when it is sent."""

    message_type: MessageType
    expires: int
    """The second at which the signature ends."""
