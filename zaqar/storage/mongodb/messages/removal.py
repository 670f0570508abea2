"""Removes messages that are named by their keys, or by a range of keys, in bounded steps. Uses the index of ``_id``."""

import dataclasses
from collections.abc import Sequence

from zaqar.storage.mongodb.messages.encoding import COUNTED_AS_CLAIMED, DELAYED, LEAVING, POPPED, READY
from zaqar.storage.mongodb.messages.scope import keys_below, place_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

BATCH = 1000
"""Messages that ``remove_batch`` removes, at most."""

_BY_KEY = {"_id": 1}
"""The index for ranges of keys: by one on the state, more would be read, and what changes its state might be missed.

A document: PyMongo makes one of a list of keys only where it knows the argument, and ``aggregate`` passes it as it is.
"""

_CLAIMED = sorted(COUNTED_AS_CLAIMED)
_OTHERS = [READY, DELAYED, POPPED, LEAVING]


@dataclasses.dataclass(frozen=True)
class Removed:
    """What one batch removed: how many, up to which key, and whether there was no more."""

    count: int
    last: str | None
    is_all: bool


def remove_counted(session: Session, scope: str, keys: Sequence[str]) -> int:
    """Remove messages whatever their state, and count that; return how many went.

    Claimed ones and others are counted apart, so each takes a command. It is one command where all are claimed, and two where
    all are there. Otherwise it looks which are left, as some may have changed their state between the two.
    """
    gone, left = 0, list(keys)
    while left:
        claimed = _remove(session, scope, left, _CLAIMED)
        others = _remove(session, scope, left, _OTHERS) if claimed < len(left) else 0
        gone += claimed + others
        if claimed + others == len(left):
            break
        left = _left(session, scope, left)
    return gone


def remove_batch(session: Session, scope: str, *, below: int, behind: str | None = None) -> Removed:
    """Remove the first messages before a position, which are counted nowhere any more: a range of keys.

    ``behind``: the last key of the batch before. From the beginning, MongoDB would pass over all that it has just removed.
    """
    keys = keys_below(scope, below)
    batch = _first(session, scope, keys if behind is None else {"$gt": behind, "$lt": keys["$lt"]})
    if batch is None:
        return Removed(0, None, is_all=True)
    wanted = {"_id": {"$gte": batch["first"], "$lte": batch["last"]}, "queue": scope}
    done = session.database.run(lambda: session.database.messages.delete_many(wanted, hint=_BY_KEY))
    return Removed(int(done.deleted_count), batch["last"], is_all=batch["count"] < BATCH)


def _remove(session: Session, scope: str, keys: Sequence[str], states: list[str]) -> int:
    """Remove messages that are in one of the states, and count them."""
    wanted = {"_id": {"$in": list(keys)}, "queue": scope, "state": {"$in": states}}
    done = session.database.run(
        lambda: session.database.messages.delete_many(wanted, hint=_BY_KEY),
        when_in_doubt=lambda: session.counters.doubt(scope),
    )
    gone = int(done.deleted_count)
    first, last = place_of(min(keys)).position, place_of(max(keys)).position
    session.counters.add(scope, position=first, last=last, total=-gone, claimed=-gone if states is _CLAIMED else 0)
    return gone


def _left(session: Session, scope: str, keys: Sequence[str]) -> list[str]:
    """Return which of the messages are there."""
    wanted = {"_id": {"$in": list(keys)}, "queue": scope}
    return session.database.run(
        lambda: [document["_id"] for document in session.database.messages.find(wanted, {"_id": 1})]
    )


def _first(session: Session, scope: str, keys: Document) -> Document | None:
    """Return the ends and the number of the first messages with keys in a range; None where there is none."""
    told = {"first": {"$min": "$_id"}, "last": {"$max": "$_id"}, "count": {"$sum": 1}}
    stages: list[Document] = [
        {"$match": {"_id": keys, "queue": scope}},
        {"$sort": {"_id": 1}},
        {"$limit": BATCH},
        {"$group": {"_id": "$queue"} | told},
    ]
    found = session.database.run(lambda: list(session.database.messages.aggregate(stages, hint=_BY_KEY)))
    return found[0] if found else None
