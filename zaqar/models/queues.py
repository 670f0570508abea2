"""Queues and topics, and what is counted of them."""

from typing import Any, Literal, NamedTuple

import msgspec

Kind = Literal["queue", "topic"]


class QueueKey(NamedTuple):
    """What addresses a queue or a topic: the two kinds have name spaces of their own."""

    project: str
    name: str
    kind: Kind = "queue"


class Queue(msgspec.Struct, frozen=True):
    """A queue or topic as the management store knows it: its name and its stored metadata."""

    name: str
    metadata: dict[str, Any]


class MessageMark(msgspec.Struct, frozen=True):
    """An end of a queue, as shown by its statistics."""

    id: str
    age: int
    created: int


class Stats(msgspec.Struct, frozen=True):
    """The counters of a queue: delayed messages count as free (http Q-22)."""

    claimed: int = 0
    free: int = 0
    oldest: MessageMark | None = None
    newest: MessageMark | None = None
    discarded: int = 0
    """Messages that were claimed too often and thrown away, since the queue was made."""

    @property
    def total(self) -> int:
        """Return the number of messages in the queue."""
        return self.claimed + self.free
