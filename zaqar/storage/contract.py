"""What a store promises: the only documentation a driver's author needs.

Two bundles. A *message store* keeps messages and claims of a queue, a *management store* keeps the queues and their
metadata. A message store never asks a management store; what it must know is an argument.

Common to all methods:

- Atomic: a call happens whole or not at all, and may run beside any other from any thread, process or host.
- Scoped: an id means something only together with its queue (and so its project). Anywhere else it does not exist.
- Expiry is exact: something is gone when ``expires <= now``, whether or not its space was reclaimed (storage R2.1.1).
- ``Unavailable`` is raised when the database cannot answer; then an acknowledged message is still there.
- Ids and markers are opaque, URL-safe, without ``,`` ``/`` ``=``. A malformed one never raises: it names nothing.
"""

import abc
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zaqar.models import Claim, DeadLetterRule, Message, NewMessage, Queue, QueueKey, Stats


class MessageStore(abc.ABC):
    """Messages and claims.

    Messages of a queue are listed, claimed and popped in post order, and a reader that follows markers never misses
    one: no message appears behind one that was visible already (storage R2.3.4).
    """

    @abc.abstractmethod
    def create_queue(self, queue: QueueKey) -> None:
        """Make the record that lets messages be posted. Idempotent."""

    @abc.abstractmethod
    def delete_queue(self, queue: QueueKey) -> None:
        """Remove the record, every message and every claim. Silent when missing (storage 2.16).

        Returns once no call sees any of them, also after the queue was made again; the sweep reclaims their space.
        """

    @abc.abstractmethod
    def purge_messages(self, queue: QueueKey) -> None:
        """Remove every message posted before the call, claimed and delayed ones too, and every claim.

        Returns once no call sees any of them; the sweep reclaims their space. The record stays: whoever follows markers
        goes on with what is posted from then on. Silent when the queue is missing.
        """

    @abc.abstractmethod
    def stats(self, queue: QueueKey) -> Stats:
        """Count the messages. Constant cost; expired messages may be counted up to 60 s (http M-5).

        Raises ``QueueNotFound``.
        """

    @abc.abstractmethod
    def post(self, queue: QueueKey, messages: Sequence[NewMessage], *, client_id: str, token: str) -> list[str]:
        """Append messages in order, all or none, and return their ids in that order.

        ``token``: 16 hex digits, random, made once per post by the caller. A networked store remembers it, so that a
        repetition after a lost answer does not post twice.

        Raises ``QueueNotFound`` where there is no record of the queue.
        """

    @abc.abstractmethod
    def list_messages(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> list[Message]:
        """Return up to ``limit`` messages after ``marker`` (an id, living or not), oldest first.

        ``hidden_client_id`` leaves out what that client posted. Filters apply before the limit: a short page means
        that nothing more matches (storage R2.4.5). A malformed marker or a missing queue gives an empty list.
        """

    @abc.abstractmethod
    def get_messages(self, queue: QueueKey, ids: Sequence[str]) -> list[Message]:
        """Return those that exist, claimed and delayed ones included, in the order of ``ids``."""

    @abc.abstractmethod
    def delete_message(self, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one message; silent when it does not exist.

        Raises ``MessageClaimed`` when a live claim other than ``claim_id`` holds it (and ``claim_id``, where given,
        exists); ``ClaimNotHeld`` when ``claim_id`` is unknown or the message is not claimed (storage R2.9.1).
        """

    @abc.abstractmethod
    def delete_messages(self, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str] | None) -> None:
        """Delete those that exist, claimed or not.

        With ``claim_ids``, each existing message must be held by one of these live claims; otherwise raises
        ``MessageClaimed`` and deletes nothing (http O-42).
        """

    @abc.abstractmethod
    def pop_messages(self, queue: QueueKey, *, limit: int) -> list[Message]:
        """Remove and return up to ``limit`` messages that are neither claimed nor delayed, oldest first."""

    @abc.abstractmethod
    def create_claim(
        self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None
    ) -> Claim:
        """Claim up to ``limit`` messages that are neither claimed nor delayed, oldest first.

        A claim without messages means that nothing was claimable, the queue missing included; nothing was stored then.
        ``claim_count`` of each message goes up by one. A message that would expire before the claim lives on until
        ``grace`` seconds after it, its ttl then being ``ttl + grace`` (storage R2.7.3). With ``dead_letter``, a message
        claimed ``max_claim_count`` times already moves to the other queue instead, unclaimed, with a fresh id and claim
        count 0, its lifetime restarting; the claim goes on to the next message.

        Messages move in steps. Each step is atomic, moves at most a fixed number of messages whatever ``limit`` is, and
        claims what it finds behind them; other calls get in between. After about a second the claim returns what it has,
        which may be nothing, and the rule is noted with the queue's record: the next claim and the sweep go on from
        there. A crash between steps loses no message and moves none twice.

        Raises ``QueueNotFound`` when a message has to move and the dead-letter queue has no record; nothing was claimed
        then.
        """

    @abc.abstractmethod
    def get_claim(self, queue: QueueKey, claim_id: str) -> Claim:
        """Return a live claim with the messages left in it, in post order. Raises ``ClaimNotFound``."""

    @abc.abstractmethod
    def renew_claim(self, queue: QueueKey, claim_id: str, *, ttl: int, grace: int) -> None:
        """Let a live claim end ``ttl`` seconds from now and apply the grace rule again. Raises ``ClaimNotFound``."""

    @abc.abstractmethod
    def release_claim(self, queue: QueueKey, claim_id: str) -> None:
        """Make the claimed messages available at once, claim counts kept. Silent when missing."""

    @abc.abstractmethod
    def sweep(self) -> int:
        """Reclaim what has expired, was purged or deleted; return how many messages and claims went. Safe anywhere.

        Also moves the dead letters that claims have left behind, until none is left or their queue has no record. Works in
        bounded steps, between which other calls get in. What fails in one queue does not keep it from the others.
        """

    def is_turn_to_sweep(self) -> bool:
        """Tell whether this process is to sweep now; asked every two seconds while the service runs.

        A store that all processes of all hosts share lets one of them sweep at a time.
        """
        return True

    @abc.abstractmethod
    def is_alive(self) -> bool:
        """Tell whether the store answers; never raises, cheap."""

    def complaint(self) -> str:
        """Say in a sentence what is wrong with a store that is not alive; no secrets, no paths."""
        return "The message store does not answer."

    @abc.abstractmethod
    def close(self) -> None:
        """Release connections and stop background work."""


class ManagementStore(abc.ABC):
    """Queues and topics with their metadata."""

    @abc.abstractmethod
    def create_queue(self, queue: QueueKey, metadata: Mapping[str, Any]) -> bool:
        """Store a new queue and return True; return False and change nothing when it exists."""

    @abc.abstractmethod
    def get_queue(self, queue: QueueKey) -> Queue:
        """Return the queue. Raises ``QueueNotFound``."""

    @abc.abstractmethod
    def replace_metadata(self, queue: QueueKey, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Store ``new`` provided the metadata is still ``old``.

        Raises ``QueueNotFound``, and ``Conflict`` when somebody else changed it since it was read.
        """

    @abc.abstractmethod
    def delete_queue(self, queue: QueueKey) -> None:
        """Remove the queue. Silent when missing."""

    @abc.abstractmethod
    def list_queues(
        self,
        project: str,
        *,
        kind: str = "queue",
        marker: str | None,
        limit: int,
        name_contains: str | None,
        metadata: Mapping[str, str | int],
    ) -> list[Queue]:
        """Return up to ``limit`` queues of the project after the name ``marker``, in byte order of their names.

        ``name_contains`` is a literal, case-sensitive substring; ``metadata`` keeps queues whose stored top-level
        members equal these, integers never matching strings or booleans (http Q-5). Filters apply before the limit.
        """

    @abc.abstractmethod
    def count_queues(self, project: str, *, kind: str = "queue") -> int:
        """Return how many queues the project has."""

    @abc.abstractmethod
    def is_alive(self) -> bool:
        """Tell whether the store answers; never raises, cheap."""

    @abc.abstractmethod
    def close(self) -> None:
        """Release connections."""


class Routing(abc.ABC):
    """Which message store serves a queue."""

    @abc.abstractmethod
    def store_for(self, queue: QueueKey) -> MessageStore:
        """Return the store that holds the queue's messages."""

    @abc.abstractmethod
    def stores(self) -> Iterable[MessageStore]:
        """Return every store there is, each once."""
