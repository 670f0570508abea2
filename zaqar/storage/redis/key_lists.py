"""The keys in Redis, each named once: from these lists come their names in Python, in the scripts and in the database.

What each key holds stands here; its name in the database is made in ``keys.py``.
"""

from typing import NamedTuple


class QueueKeys(NamedTuple):
    """What there is of a queue.

    A message is in exactly one of ``ready``, ``delayed`` and ``claimed``. Ids have a fixed width and begin with the
    position, so they sort as their positions do.
    """

    record: bytes
    """Hash. ``next``: the least position that the next message may get. ``begins``: what that was when the record was made;
    an earlier release does not write it. ``noted``: the second for which the agenda has the
    queue, or has had it. ``rule``: by which dead letters that a claim left behind are still to leave: claims after which
    one does, its new ttl or ``-``, the key of the record of the queue it goes to or ``-`` where it is thrown away.
    ``discarded``: how many were thrown away. ``notify_until``: the latest second at which a subscription ends; posts leave
    notices before it. Of the redrive that is running, else of the last: ``redrive``, its text, with what stays as it was when
    it began; ``redrive_id``; ``redrive_until``; ``redrive_state``; ``redrive_after``, ``redrive_moved``, ``redrive_skipped``;
    ``redrive_ended`` once it has ended; ``redrive_lease``: the millisecond at which the lease ends, and who holds it."""

    messages: bytes
    """Hash: id to envelope, which is created, ttl, checksum or ``-``, client id; a line feed; the body. A semicolon and the
    origin in base64 follow the client id of a dead letter: an earlier release takes all of it for the client id."""

    ready: bytes
    """Sorted set: the ids of messages that may be claimed, by position."""

    expiry: bytes
    """Sorted set: the ids of all messages, by the second at which each is gone."""

    delayed: bytes
    """Sorted set: the ids of messages that are not due yet, by position."""

    due: bytes
    """Sorted set: the ids of those in ``delayed``, by the second at which the delay ends."""

    claimed: bytes
    """Sorted set: the ids of messages that a claim holds, by position."""

    states: bytes
    """Hash: id to claim count, claim or ``-``, ttl or ``-`` where grace did not change it; only of messages claimed once."""

    claims: bytes
    """Sorted set: claims, by the second at which each ends."""

    holdings: bytes
    """Hash: claim to its ttl, then the ids that it took."""

    remaining: bytes
    """Hash: claim to how many of those it still holds; the claim is gone with the last."""

    leaving: bytes
    """Hash: messages on their way to another queue. ``<`` and the id of the first of those that left together, then the id of the
    redrive that moves them if one does, to their figures; and id to envelope. It outlives purge and deletion. Figures are the
    key of the other queue's record, the subscription they are for or ``-``, the redrive's id or ``-``, the second at which they
    left; then of each its id, its ttl there, its claim count, its ttl here, the second at which it would be gone here. An
    earlier release wrote ``>`` and the id of the first, to the key of the record, then the id of each and its ttl there."""

    resume: bytes
    """String: where positions go on when a deleted queue is made again; has a time to live."""


class OutboxKeys(NamedTuple):
    """What there is of the subscriptions to a queue, and of what is to be delivered to them; it outlives the record."""

    record: bytes
    resume: bytes

    subscribers: bytes
    """Hash: digest of a subscriber to the id of its subscription."""

    subscriptions: bytes
    """Hash: id to version, digest of the subscriber, content."""

    order: bytes
    """Sorted set: the ids with the score 0, and so in their order."""

    endings: bytes
    """Sorted set: the ids, by the second at which each subscription ends."""

    progress: bytes
    """Hash: id to ``high``, the millisecond at which it wakes or ``-``, 1 where it is full or 0, the text or nothing yet."""

    needed: bytes
    """Sorted set: the ids, by ``low``: notices behind it are needed."""

    behind: bytes
    """Sorted set: the ids of those that are neither leased nor full, by ``high``: with notices behind it they have work."""

    wakes: bytes
    """Sorted set: the ids of those that are not leased, by the millisecond from which they have work; 0 where hurried."""

    hurried: bytes
    """Set: the ids of those whose holder has still to be told to hurry."""

    taken: bytes
    """Sorted set: the ids of those that are leased, by the millisecond at which the lease ends."""

    holders: bytes
    """Hash: the ids of those that are leased, to who holds them."""

    notices: bytes
    """Stream: the log, an entry for each notice, whose id is the position of its last message and 0. First the token, with the
    word that tells what it is of and for whom; then of each message the second at which it is due or ``-``, with its envelope."""

    pending: bytes
    """Sorted set: of each notice its position and the second at which it is of no use any more, by position; without bodies."""


class PostingKeys(NamedTuple):
    """What a post needs of a queue; fewer keys are sooner sent and read."""

    record: bytes
    messages: bytes
    ready: bytes
    expiry: bytes
    delayed: bytes
    due: bytes
    notices: bytes
    pending: bytes

    posted: bytes
    """String: the first position that the post with this token got; has a time to live. ``-`` where messages were on their
    way here, and went back: who comes too late does not post them."""


class RedeliveryKeys(NamedTuple):
    """What is needed of a queue to leave messages for one of its subscriptions."""

    record: bytes
    endings: bytes
    notices: bytes
    pending: bytes

    posted: bytes
    """As that of a post."""


class AgendaKeys(NamedTuple):
    """One of the agendas: which queues need the sweep, and when. A queue is named by the key of its record."""

    agenda: bytes
    """Sorted set: queues, by the second at which something falls due in each."""

    visited: bytes
    """Sorted set: queues that a sweep has taken from the agenda, by the second at which that sweep is given up."""


class SourceKeys(NamedTuple):
    """What lies beside an agenda: which queues have something in their outboxes, and which have a running redrive."""

    sources: bytes
    """Set: queues, by the keys of their records; a crash may keep one from being there."""

    redriven: bytes
    """Set: queues that may have a running redrive, by the keys of their records."""


class DirectoryKeys(NamedTuple):
    """The queues, or the topics, of a project in the management store."""

    names: bytes
    """Sorted set: every name with the score 0, and so in the order of their bytes."""

    metadata: bytes
    """Hash: name to JSON, of those that have any metadata."""
