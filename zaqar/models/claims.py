"""Claims, and when a message is claimed too often."""

from collections.abc import Sequence

import msgspec

from zaqar.models.messages import Message
from zaqar.models.queues import QueueKey


class Claim(msgspec.Struct, frozen=True):
    """Messages held by one consumer for ``ttl`` seconds; ``age`` counts from the last renewal."""

    id: str
    ttl: int
    age: int
    messages: Sequence[Message]


class DeadLetterRule(msgspec.Struct, frozen=True):
    """When a message leaves its queue for another: after ``max_claim_count`` claims (http C-10)."""

    queue: QueueKey
    max_claim_count: int
    ttl: int | None = None
    """The lifetime that starts with the move; ``None`` keeps the message's own ttl."""
