"""The names of keys in the database, which follow from the lists of keys (``key_lists.py``).

The keys of a list share a hash tag, and so lie on one slot of a Cluster; a script is given those of one list. The record of
a queue is ``zaqar:{q:PROJECT/NAME}``, of a topic ``zaqar:{t:PROJECT/NAME}``; what else there is of it adds a colon and the
name below. Project and name are percent-encoded, so that no name can end the tag or be taken for another key (storage
W-R12). Names in the database never change: processes of two releases work on the same data.
"""

import zlib
from collections.abc import Iterable
from functools import lru_cache

from zaqar.models import Kind, QueueKey
from zaqar.storage import names
from zaqar.storage.redis.key_lists import (
    AgendaKeys,
    DirectoryKeys,
    OutboxKeys,
    PostingKeys,
    QueueKeys,
    RedeliveryKeys,
    SourceKeys,
)

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


def posting_keys_of(queue: QueueKey, token: str) -> PostingKeys:
    """Return the keys that the post with this token needs."""
    record, messages, ready, expiry, delayed, due, *_ = keys_of(queue)
    outbox = outbox_keys_of(queue)
    posted = _posted_under(record, token)
    return PostingKeys(record, messages, ready, expiry, delayed, due, outbox.notices, outbox.pending, posted)


def redelivery_keys_of(queue: QueueKey, token: str) -> RedeliveryKeys:
    """Return the keys that the redelivery with this token needs."""
    outbox = outbox_keys_of(queue)
    posted = _posted_under(outbox.record, token)
    return RedeliveryKeys(outbox.record, outbox.endings, outbox.notices, outbox.pending, posted)


def queue_of(key: bytes) -> QueueKey:
    """Return the queue that a key belongs to."""
    kind, _, scope = key[key.index(b"{") + 1 : key.index(b"}")].decode().partition(":")
    return names.queue_at(scope, next(word for word, letter in _KINDS.items() if letter == kind))


def is_leaving(key: bytes) -> bool:
    """Tell whether a key of a queue is that of its messages on their way."""
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


def _posted_under(record: bytes, token: str) -> bytes:
    return b"%s:posted:%s" % (record, token.encode())


def _below(key: str, words: Iterable[str]) -> list[bytes]:
    return [f"{key}:{word}".encode() for word in words]
