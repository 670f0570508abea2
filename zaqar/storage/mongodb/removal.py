"""Removes messages in bounded steps, and counts what went."""

from collections.abc import Sequence

from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.counters import Counters
from zaqar.storage.mongodb.messages import COUNTED_AS_CLAIMED, DELAYED, LEAVING, POPPED, READY
from zaqar.storage.mongodb.scope import keys_below, place_of

BATCH = 1000

_CLAIMED = sorted(COUNTED_AS_CLAIMED)
_OTHERS = [READY, DELAYED, POPPED, LEAVING]


def remove_counted(
    database: Database, counters: Counters, scope: str, keys: Sequence[str], *, position: int, is_claimed: bool = True
) -> int:
    """Remove messages whatever their state; return how many went.

    ``position``: that of one of them. ``is_claimed``: whether some may be. One command when all are claimed, two when
    all were there; what changes its state between the two is found by looking.
    """
    gone, left = 0, list(keys)
    while left:
        claimed = _remove(database, counters, scope, left, _CLAIMED) if is_claimed else 0
        counters.add(scope, position=position, total=-claimed, claimed=-claimed)
        others = _remove(database, counters, scope, left, _OTHERS) if claimed < len(left) else 0
        counters.add(scope, position=position, total=-others)
        gone += claimed + others
        if claimed + others == len(left):
            break
        left = _left(database, scope, left)
        is_claimed = True
    return gone


def remove_below(database: Database, counters: Counters, scope: str, position: int, *, is_counted: bool) -> None:
    """Remove every message before a position."""
    while True:
        found = _below(database, scope, position)
        keys = [document["_id"] for document in found]
        if not keys:
            return
        is_claimed = any(document["state"] in COUNTED_AS_CLAIMED for document in found)
        if is_counted:
            first = min(place_of(key).position for key in keys)
            gone = remove_counted(database, counters, scope, keys, position=first, is_claimed=is_claimed)
        else:
            gone = _remove(database, counters, scope, keys, [*_CLAIMED, *_OTHERS])
        if len(keys) < BATCH and gone == len(keys):
            return


def _remove(database: Database, counters: Counters, scope: str, keys: Sequence[str], states: Sequence[str]) -> int:
    wanted = {"_id": {"$in": list(keys)}, "queue": scope, "state": {"$in": list(states)}}
    done = database.run(lambda: database.messages.delete_many(wanted), when_in_doubt=lambda: counters.doubt(scope))
    return done.deleted_count


def _left(database: Database, scope: str, keys: Sequence[str]) -> list[str]:
    """Return which of the messages are there."""
    wanted = {"_id": {"$in": list(keys)}, "queue": scope}
    return database.run(lambda: [document["_id"] for document in database.messages.find(wanted, {"_id": 1})])


def _below(database: Database, scope: str, position: int) -> list[Document]:
    """Return the first messages before a position."""
    wanted = {"_id": keys_below(scope, position), "queue": scope}
    return database.run(lambda: list(database.messages.find(wanted, {"state": 1}, batch_size=BATCH).limit(BATCH)))
