"""Moves between queues that the service makes itself: where a message was before, and what brings it back."""

from typing import Literal

import msgspec

from zaqar.models.queues import Kind, QueueKey

Reason = Literal["max_claim_count", "delivery_failed", "receiver_down", "expired", "gone"]
"""Why a message became a dead letter: it was claimed too often; a subscriber did not take it to the end of its schedule, or, unseen,
while too much before it failed; it ended before it was delivered; its subscriber wants no more."""

RedriveState = Literal["running", "done", "cancelled"]


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a dead letter comes from; it stays with the message when that is brought back."""

    queue: str
    """The name of the queue or topic where it was: its source."""
    reason: Reason
    attempts: int
    """How often it was claimed, or tried to be delivered."""
    at: int
    """When it became a dead letter."""
    ttl: int
    """Its lifetime in the source."""
    message_id: str
    """Its id in the source."""
    kind: Kind = "queue"
    answer: str = ""
    """What came of the last attempt to deliver it, in a few words."""
    subscription_id: str | None = None
    """To whom it could not be delivered."""
    redriven: int = 0
    """How often it was brought back."""


class DeadLetterRule(msgspec.Struct, frozen=True):
    """What becomes of messages that were claimed ``max_claim_count`` times (http C-10)."""

    queue: QueueKey | None
    """Where they move to; ``None`` throws them away, which is counted."""
    max_claim_count: int
    ttl: int | None = None
    """The lifetime that starts with the move; ``None`` keeps the message's own ttl."""


class RedriveTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a redrive brings back, and where to."""

    to: str | None = None
    """The queue of the project they move to, whatever they come from; ``None``: where each comes from, which is the subscription
    alone where a delivery failed."""
    limit: int | None = None
    """Messages, at most."""
    rate: int | None = None
    """Messages a second, at most."""
    reason: Reason | None = None
    """Only those that became dead letters for this reason."""
    is_dry_run: bool = False
    """Nothing moves; what would is counted."""


class Redrive(msgspec.Struct, frozen=True):
    """A redrive of the dead letters in a queue, and how far it is."""

    id: str
    """Of the service's form."""
    terms: RedriveTerms
    created: int
    until: int
    """The position in front of which the messages lie that were there when it began; later ones it does not look at."""
    state: RedriveState = "running"
    ended: int | None = None
    moved: int = 0
    """Messages so far. After a crash there may be up to a step more than moved, never fewer."""
    skipped: int = 0
    """Messages that it looked at and left: no dead letters, of another reason, or of a subscription that is gone."""
    after: int = 0
    """The position up to which it has looked."""
