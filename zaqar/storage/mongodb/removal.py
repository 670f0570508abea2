"""Removes messages in bounded steps, and counts what went. Uses the index of ``_id``."""

import dataclasses
from collections.abc import Sequence

from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.counters import Counters
from zaqar.storage.mongodb.messages import COUNTED_AS_CLAIMED, DELAYED, LEAVING, POPPED, READY
from zaqar.storage.mongodb.scope import keys_below, place_of

BATCH = 1000

_BY_KEY = {"_id": 1}
"""The index for ranges of keys: by one on the state, more would be read, and what changes its state might be missed.

A document: PyMongo makes one of a list of keys only where it knows the argument, and ``aggregate`` passes it as it is.
"""

_CLAIMED = sorted(COUNTED_AS_CLAIMED)
_OTHERS = [READY, DELAYED, POPPED, LEAVING]


@dataclasses.dataclass(frozen=True)
class _Batch:
    """The first messages of a range of keys."""

    first: str
    last: str
    count: int
    claimed: int

    @property
    def keys(self) -> Document:
        """Return the condition on ``_id``."""
        return {"$gte": self.first, "$lte": self.last}


def remove_counted(database: Database, counters: Counters, scope: str, keys: Sequence[str], *, position: int) -> int:
    """Remove messages whatever their state; return how many went.

    ``position``: that of one of them. One command when all are claimed, two when all were there; what changes its state
    between the two is found by looking.
    """
    gone, left = 0, list(keys)
    while left:
        named = {"$in": left}
        claimed = _remove(database, counters, scope, named, _CLAIMED, position=position)
        others = _remove(database, counters, scope, named, _OTHERS, position=position) if claimed < len(left) else 0
        gone += claimed + others
        if claimed + others == len(left):
            break
        left = _left(database, scope, left)
    return gone


def remove_below(database: Database, counters: Counters, scope: str, position: int, *, is_counted: bool) -> None:
    """Remove every message before a position: batch by batch, each a range of keys, and again what a batch missed."""
    keys = keys_below(scope, position)
    while (batch := _first(database, scope, keys)) is not None:
        gone = _remove_batch(database, counters, scope, batch, is_counted=is_counted)
        if gone >= batch.count:
            if batch.count < BATCH:
                return
            # Not from the beginning: MongoDB would pass over all that it has just removed.
            keys = {"$gt": batch.last, "$lt": keys["$lt"]}


def _remove_batch(database: Database, counters: Counters, scope: str, batch: _Batch, *, is_counted: bool) -> int:
    """Remove messages; return how many went. What changes its state in the middle of it may stay."""
    if not is_counted:
        wanted = {"_id": batch.keys, "queue": scope}
        return database.run(lambda: database.messages.delete_many(wanted, hint=_BY_KEY)).deleted_count
    position, gone = place_of(batch.first).position, 0
    if batch.claimed:
        gone += _remove(database, counters, scope, batch.keys, _CLAIMED, position=position)
    if gone < batch.count:
        gone += _remove(database, counters, scope, batch.keys, _OTHERS, position=position)
    return gone


def _remove(
    database: Database, counters: Counters, scope: str, keys: Document, states: list[str], *, position: int
) -> int:
    """Remove messages that are in one of the states, and count them."""
    wanted = {"_id": keys, "queue": scope, "state": {"$in": states}}
    done = database.run(
        lambda: database.messages.delete_many(wanted, hint=_BY_KEY), when_in_doubt=lambda: counters.doubt(scope)
    )
    gone = int(done.deleted_count)
    counters.add(scope, position=position, total=-gone, claimed=-gone if states is _CLAIMED else 0)
    return gone


def _left(database: Database, scope: str, keys: Sequence[str]) -> list[str]:
    """Return which of the messages are there."""
    wanted = {"_id": {"$in": list(keys)}, "queue": scope}
    return database.run(lambda: [document["_id"] for document in database.messages.find(wanted, {"_id": 1})])


def _first(database: Database, scope: str, keys: Document) -> _Batch | None:
    """Return the first messages with keys in a range; None where there is none."""
    is_claimed = {"$cond": [{"$in": ["$state", _CLAIMED]}, 1, 0]}
    told = {"first": {"$min": "$_id"}, "last": {"$max": "$_id"}, "count": {"$sum": 1}, "claimed": {"$sum": is_claimed}}
    stages: list[Document] = [
        {"$match": {"_id": keys, "queue": scope}},
        {"$sort": {"_id": 1}},
        {"$limit": BATCH},
        {"$group": {"_id": "$queue"} | told},
    ]
    found = database.run(lambda: list(database.messages.aggregate(stages, hint=_BY_KEY)))
    return _Batch(**{name: found[0][name] for name in told}) if found else None
