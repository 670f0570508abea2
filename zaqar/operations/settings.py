"""What is known of a queue before anything is done with it: its settings, which store has its messages, how it is made.

Settings are what the metadata means for messages. They are remembered for a moment: a message operation would otherwise
begin with a read of the management store. Absence is never remembered, so that a queue made elsewhere works at once
(storage R6.4.1).
"""

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from zaqar.errors import QueueNotFound
from zaqar.limits import Limits
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage.contract import ManagementStore, MessageStore, Routing

MOST_REMEMBERED = 10_000
"""Queues; when there are more, all are forgotten."""


class Settings(msgspec.Struct, frozen=True):
    """What a queue's metadata means for its messages: every default is filled in."""

    message_ttl: int
    message_delay: int
    max_post_size: int
    dead_letter: DeadLetterRule | None
    is_encrypted: bool


def settings(queue: QueueKey, metadata: Mapping[str, Any], limits: Limits) -> Settings:
    """Return what stored metadata means; falsy values count as unset (http O-73)."""
    return Settings(
        message_ttl=metadata.get("_default_message_ttl") or limits.default_message_ttl,
        message_delay=metadata.get("_default_message_delay") or limits.default_message_delay,
        max_post_size=min(
            metadata.get("_max_messages_post_size") or limits.max_messages_post_size, limits.max_messages_post_size
        ),
        dead_letter=_dead_letter(queue, metadata),
        is_encrypted=bool(metadata.get("_enable_encrypt_messages")),
    )


def _dead_letter(queue: QueueKey, metadata: Mapping[str, Any]) -> DeadLetterRule | None:
    name, most = metadata.get("_dead_letter_queue"), metadata.get("_max_claim_count")
    if not most or most < 0:  # no message was ever claimed so few times
        return None
    if not name:
        # "is": it may have been stored when the word had no meaning yet.
        return DeadLetterRule(None, most) if metadata.get("_discard") is True else None
    ttl = metadata.get("_dead_letter_queue_messages_ttl") or None
    return DeadLetterRule(QueueKey(queue.project, name), most, ttl)


class KnownQueues:
    """Settings of queues for ``seconds`` after they were read, 0 for never, and where their messages are."""

    def __init__(
        self,
        *,
        management: ManagementStore,
        routing: Routing,
        limits: Limits,
        seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._management = management
        self._routing = routing
        self._limits = limits
        self._seconds = seconds
        self._monotonic = monotonic
        self._entries: dict[QueueKey, tuple[float, Settings]] = {}

    def store_for(self, queue: QueueKey) -> MessageStore:
        """Return the store that has the queue's messages."""
        return self._routing.store_for(queue)

    def stores(self) -> Iterable[MessageStore]:
        """Return every message store, each once."""
        return self._routing.stores()

    def settings(self, queue: QueueKey) -> Settings:
        """Return the queue's settings; those of a missing queue are the defaults."""
        entry = self._entries.get(queue)
        if entry is not None and entry[0] >= self._monotonic():
            return entry[1]
        try:
            stored = self._management.queues.get(queue).metadata
        except QueueNotFound:
            return settings(queue, {}, self._limits)
        found = settings(queue, stored, self._limits)
        if len(self._entries) >= MOST_REMEMBERED:
            self._entries.clear()
        self._entries[queue] = (self._monotonic() + self._seconds, found)
        return found

    def forget(self, queue: QueueKey) -> None:
        """Drop what is remembered of a queue that this process is about to change, or has changed."""
        self._entries.pop(queue, None)

    def create(self, queue: QueueKey, metadata: dict[str, Any]) -> bool:
        """Make the queue and its record; tell whether the queue is new. One that exists keeps its metadata."""
        is_new = self._management.queues.create(queue, metadata)
        self.store_for(queue).records.create(queue)
        return is_new

    def create_lazily(self, queue: QueueKey) -> None:
        """Make sure that the queue and its record are there, as a post does (http M-7)."""
        self.create(queue, {})
