"""Names of keys. All of one queue share a hash tag, and so a slot of a Cluster.

The first is the record's, ``zaqar:{q:PROJECT/NAME}``; the others add a colon and a word to it. Project and name are
percent-encoded, so that no name can end the tag or collide with another key (storage W-R12).
"""

import zlib
from functools import lru_cache

from zaqar.models import Kind, QueueKey
from zaqar.storage import names

Keys = tuple[bytes, ...]

PARTS = (
    "messages",
    "ready",
    "expiry",
    "delayed",
    "due",
    "claimed",
    "states",
    "claims",
    "holdings",
    "remaining",
    "leaving",
    "resume",
)
"""What follows the record, in the order that ``scripts/keys.lua`` names them."""

LEAVING = 11
"""Where this one is: dead letters on their way outlive what is done to the queue that they left."""

SWEPT = "zaqar:{[qt]:*}:[el]*"
"""Matches the keys of which every queue that needs the sweep has one: expiry and leaving."""

AGENDAS = 8
"""Over how many slots of a Cluster the queues are spread that the sweep has to look after."""

_KINDS: dict[Kind, str] = {"queue": "q", "topic": "t"}


@lru_cache(maxsize=10_000)
def keys_of(queue: QueueKey) -> Keys:
    """Return every key of a queue."""
    record = f"zaqar:{{{_KINDS[queue.kind]}:{names.path_of(queue)}}}"
    return tuple(name.encode() for name in (record, *(f"{record}:{part}" for part in PARTS)))


def queue_of(key: bytes) -> QueueKey:
    """Return the queue that a key belongs to."""
    kind, _, scope = key[key.index(b"{") + 1 : key.index(b"}")].decode().partition(":")
    return names.queue_at(scope, next(word for word, letter in _KINDS.items() if letter == kind))


def agenda_of(queue: QueueKey) -> int:
    """Return which agenda has the queue."""
    return zlib.crc32(keys_of(queue)[0]) % AGENDAS


def agenda_keys(number: int) -> Keys:
    """Return the keys of an agenda: the queues by what falls due, and those that a sweep has taken."""
    name = b"zaqar:{agenda:%d}" % number
    return (name, name + b":visited")


def posting_keys(keys: Keys, token: str) -> Keys:
    """Return those keys of a queue that posting needs."""
    return (*keys[:6], b"%s:posted:%s" % (keys[0], token.encode()))


@lru_cache(maxsize=10_000)
def directory_of(project: str, kind: Kind) -> Keys:
    """Return the keys of a project's queues, or topics, in the management store: names and metadata."""
    tag = f"zaqar:{{directory:{_KINDS[kind]}:{names.word_of(project)}}}"
    return (f"{tag}:names".encode(), f"{tag}:metadata".encode())
