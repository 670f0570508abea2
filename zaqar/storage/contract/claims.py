"""Claims on messages of a queue."""

import abc

from zaqar.models import Claim, DeadLetterRule, QueueKey
from zaqar.storage.ids import Id


class Claims(abc.ABC):
    """Messages held by one consumer each. Times are in seconds."""

    @abc.abstractmethod
    def create(self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None) -> Claim:
        """Claim up to ``limit`` messages that are neither claimed nor delayed, oldest first.

        A claim without messages means that nothing was claimable, the queue missing included; nothing was stored then.
        ``claim_count`` of each message goes up by one. A message that would expire before the claim lives on until
        ``grace`` seconds after it, its ttl then being ``ttl + grace`` (storage R2.7.3). With ``dead_letter``, a message
        claimed ``max_claim_count`` times already moves to the other queue instead, unclaimed, with a fresh id and claim
        count 0, its lifetime restarting, and with its origin (``storage/origins.py``); or it is thrown away, where the rule
        has no queue, and counted. The claim goes on to the next message.

        Messages move in steps. Each step is atomic, moves at most a fixed number of messages whatever ``limit`` is, and
        claims what it finds behind them; other calls get in between. After about a second the claim returns what it has,
        which may be nothing, and the rule is noted with the queue's record: the next claim and the sweep go on from
        there. A crash between steps loses no message and moves none twice.

        Raises ``QueueNotFound`` when a message has to move and the dead-letter queue has no record; nothing was claimed
        then.
        """

    @abc.abstractmethod
    def get(self, queue: QueueKey, claim_id: Id) -> Claim:
        """Return a live claim with the messages left in it, in post order. Raises ``ClaimNotFound``."""

    @abc.abstractmethod
    def renew(self, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
        """Let a live claim end ``ttl`` seconds from now and apply the grace rule again. Raises ``ClaimNotFound``."""

    @abc.abstractmethod
    def release(self, queue: QueueKey, claim_id: Id) -> None:
        """Make the claimed messages available at once, claim counts kept. Silent when missing."""
