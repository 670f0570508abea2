"""The keys in Redis, each named once: from these lists come their names in Python, in the scripts and in the database.

The keys of a list share a hash tag, and so lie on one slot of a Cluster; a script is given those of one list. The record of
a queue is ``zaqar:{q:PROJECT/NAME}``, of a topic ``zaqar:{t:PROJECT/NAME}``; what else there is of it adds a colon and the
name below. Project and name are percent-encoded, so that no name can end the tag or be taken for another key (storage
W-R12). Names in the database never change: processes of two releases work on the same data.
"""

import zlib
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from zaqar.models import Kind, QueueKey
from zaqar.storage import names

PREFIX = "zaqar:"
"""What every key begins with."""

TURN = f"{PREFIX}sweep"
"""A string that is there while it is nobody's turn to sweep."""

SEARCH_TURN = f"{PREFIX}sweep:search"
"""A string that is there while it is nobody's turn to look at every key."""

SWEPT = f"{PREFIX}{{[qt]:*}}:[el]*"
"""A pattern of the keys of which every queue that needs the sweep has one: ``expiry``, ``leaving`` and ``endings``."""

OUTBOXES = f"{PREFIX}{{[qt]:*}}:notices"
"""A pattern of the keys of which every queue with something in its outbox has one: ``notices``."""

OUTBOXES_TURN = f"{PREFIX}outboxes:search"
"""A string that is there while it is nobody's turn to look at every key for outboxes."""

AGENDAS = 8
"""Over how many slots of a Cluster the queues are spread that the sweep has to look after."""

_KINDS: dict[Kind, str] = {"queue": "q", "topic": "t"}


class QueueKeys(NamedTuple):
    """What there is of a queue.

    A message is in exactly one of ``ready``, ``delayed`` and ``claimed``. Ids have a fixed width and begin with the
    position, so they sort as their positions do.
    """

    record: bytes
    """Hash. ``next``: the least position that the next message may get. ``noted``: the second for which the agenda has the
    queue, or has had it. ``rule``: by which dead letters that a claim left behind are still to leave: claims after which
    one does, its new ttl or ``-``, the key of the record of the queue it goes to. ``notify_until``: the latest second at which
    a subscription ends; posts leave notices before it."""

    messages: bytes
    """Hash: id to envelope, which is created, ttl, checksum or ``-``, client id; a line feed; the body."""

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
    """Hash: messages on their way to a dead-letter queue. ``>`` and the id of the first of those that left together, to the
    key of that queue's record, then the id of each and its ttl there; and id to envelope. It outlives purge and deletion."""

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
    subscription that it is for or ``-``; then of each message the second at which it is due or ``-``, with its envelope."""

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
    """String: the first position that the post with this token got; has a time to live."""


class AgendaKeys(NamedTuple):
    """One of the agendas: which queues need the sweep, and when. A queue is named by the key of its record."""

    agenda: bytes
    """Sorted set: queues, by the second at which something falls due in each."""

    visited: bytes
    """Sorted set: queues that a sweep has taken from the agenda, by the second at which that sweep is given up."""


class SourceKeys(NamedTuple):
    """What lies beside an agenda: which queues have something in their outboxes."""

    sources: bytes
    """Set: queues, by the keys of their records; a crash may keep one from being there."""


class DirectoryKeys(NamedTuple):
    """The queues, or the topics, of a project in the management store."""

    names: bytes
    """Sorted set: every name with the score 0, and so in the order of their bytes."""

    metadata: bytes
    """Hash: name to JSON, of those that have any metadata."""


@lru_cache(maxsize=10_000)
def keys_of(queue: QueueKey) -> QueueKeys:
    """Return every key of a queue but for those of its outbox."""
    record = _record_of(queue)
    return QueueKeys(record.encode(), *_below(record, QueueKeys._fields[1:]))


@lru_cache(maxsize=10_000)
def outbox_keys_of(queue: QueueKey) -> OutboxKeys:
    """Return the keys of a queue's subscriptions and of its outbox."""
    record = _record_of(queue)
    return OutboxKeys(record.encode(), *_below(record, OutboxKeys._fields[1:]))


def contents_of(queue: QueueKey) -> tuple[bytes, ...]:
    """Return the keys of what is in a queue, which is all but its record and what outlives it."""
    keys = keys_of(queue)
    return tuple(key for key in keys if key not in (keys.record, keys.leaving, keys.resume))


def posting_keys_of(queue: QueueKey, token: str) -> PostingKeys:
    """Return the keys that the post with this token needs."""
    record, messages, ready, expiry, delayed, due, *_ = keys_of(queue)
    outbox = outbox_keys_of(queue)
    posted = b"%s:posted:%s" % (record, token.encode())
    return PostingKeys(record, messages, ready, expiry, delayed, due, outbox.notices, outbox.pending, posted)


def queue_of(key: bytes) -> QueueKey:
    """Return the queue that a key belongs to."""
    kind, _, scope = key[key.index(b"{") + 1 : key.index(b"}")].decode().partition(":")
    return names.queue_at(scope, next(word for word, letter in _KINDS.items() if letter == kind))


def is_leaving(key: bytes) -> bool:
    """Tell whether a key of a queue is that of its dead letters on their way."""
    return key.endswith(b":leaving")


def agenda_of(queue: QueueKey) -> int:
    """Return which agenda has the queue."""
    return zlib.crc32(keys_of(queue).record) % AGENDAS


def agenda_keys_of(number: int) -> AgendaKeys:
    """Return the keys of an agenda."""
    agenda = f"{PREFIX}{{agenda:{number}}}"
    return AgendaKeys(agenda.encode(), *_below(agenda, AgendaKeys._fields[1:]))


def source_keys_of(number: int) -> SourceKeys:
    """Return the keys that lie beside an agenda."""
    return SourceKeys(*_below(f"{PREFIX}{{agenda:{number}}}", SourceKeys._fields))


@lru_cache(maxsize=10_000)
def directory_of(project: str, kind: Kind) -> DirectoryKeys:
    """Return the keys of a project's queues, or topics."""
    tag = f"{PREFIX}{{directory:{_KINDS[kind]}:{names.word_of(project)}}}"
    return DirectoryKeys(*_below(tag, DirectoryKeys._fields))


def _record_of(queue: QueueKey) -> str:
    return f"{PREFIX}{{{_KINDS[queue.kind]}:{names.path_of(queue)}}}"


def _below(key: str, words: Iterable[str]) -> list[bytes]:
    return [f"{key}:{word}".encode() for word in words]
