"""Settles a queue, so that what has fallen due happens: delays end, claims lapse, and what a crash broke off is finished.

Uses the index ``settling`` on ``(queue, until)``. Expired messages are left to the sweep, as every query leaves them out.

A request settles for ``LONGEST`` and leaves the rest to the next and to the sweep. So that a consumer is not given what is
behind a message that is due and not settled, it then sees only what is before the first of these.
"""

import dataclasses
import time
from collections.abc import Sequence

from zaqar.storage.mongodb.messages import moves
from zaqar.storage.mongodb.messages.encoding import COUNTED_AS_CLAIMED, LEAVING, READY
from zaqar.storage.mongodb.messages.record import SETTLE_INTERVAL, Record
from zaqar.storage.mongodb.messages.scope import place_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.striking import strike_late
from zaqar.storage.mongodb.server.connection import Document

BATCH = 500

LONGEST = 1.0
"""Seconds that a request settles, at most, and one batch more."""

MOST_LOOKED_AT = 100_000
"""Messages among which a request looks for the first that is not settled; if there are more, it shows none."""

_ENDED = {"until": "", "claim": "", "claim_ttl": "", "mark": ""}


@dataclasses.dataclass(frozen=True)
class Settled:
    """What settling did: for how many messages, how many claims lapsed, and whether it was all that was due."""

    ended: int
    lapsed: int
    is_all: bool


@dataclasses.dataclass(frozen=True)
class CaughtUp:
    """Whether anything changed; ``before``: the position before which all is settled, where that is not everything."""

    has_changed: bool
    before: int | None = None


def catch_up(session: Session, record: Record) -> CaughtUp:
    """Settle a queue whose record was just read, if anything is due, for as long as a request has time for it."""
    now = session.clock.now()
    has_changed = bool(record.open) and strike_late(session, record, now)
    if record.due is None or record.due > now:
        return CaughtUp(has_changed)
    settled = settle(session, record, now, seconds=LONGEST)
    if not settled.is_all:  # and still due
        return CaughtUp(has_changed=True, before=_first_due(session, record, now))
    _postpone(session, record, now)
    return CaughtUp(has_changed or settled.ended > 0)


def settle(session: Session, record: Record, now: int, *, seconds: float) -> Settled:
    """Settle a queue, batch after batch, for so many seconds at most."""
    ends, ended, lapsed = time.monotonic() + seconds, 0, set[str]()
    while True:
        due = _due(session, record.scope, now)
        purged = [each["_id"] for each in due if place_of(each["_id"]).position < record.floor]
        _remove(session, record.scope, purged)
        found = [each for each in due if place_of(each["_id"]).position >= record.floor]
        for state in {document["state"] for document in found}:
            _end(session, record.scope, state, [each for each in found if each["state"] == state], now)
        ended += len(found)
        lapsed.update(each["claim"] for each in found if each["state"] in COUNTED_AS_CLAIMED)
        is_all = len(due) < BATCH
        if is_all or time.monotonic() > ends:
            return Settled(ended, len(lapsed), is_all)


def next_due(session: Session, scope: str) -> int | None:
    """Return when something falls due next; None when nothing ever will."""
    wanted = {"queue": scope, "until": {"$gt": 0}}
    found = session.database.run(lambda: session.database.messages.find_one(wanted, {"until": 1}, sort=[("until", 1)]))
    return None if found is None else int(found["until"])


def _postpone(session: Session, record: Record, now: int) -> None:
    """Write down when to settle next, unless that changed meanwhile; then the next operation settles again."""
    first = next_due(session, record.scope)
    due = now + SETTLE_INTERVAL if first is None else min(first, now + SETTLE_INTERVAL)
    condition = {"due": record.due, "hurried": record.document["hurried"]}
    session.records.update(record.scope, condition, {"$set": {"due": due}})


def _first_due(session: Session, record: Record, now: int) -> int | None:
    """Return the first position of what is due and not settled yet; None where nothing is."""
    wanted = {"queue": record.scope, "until": {"$lte": now}, "position": {"$gte": record.floor}}
    stages: list[Document] = [
        {"$match": wanted},
        {"$sort": {"until": 1}},
        {"$limit": MOST_LOOKED_AT},
        {"$group": {"_id": "$queue", "count": {"$sum": 1}, "first": {"$min": "$position"}}},
    ]
    found = session.database.run(lambda: list(session.database.messages.aggregate(stages)))
    if not found:
        return None
    return record.floor if found[0]["count"] >= MOST_LOOKED_AT else int(found[0]["first"])


def _remove(session: Session, scope: str, keys: Sequence[str]) -> None:
    """Remove messages below the floor: nobody sees them any more, and the next look for what is due would find them again."""
    if keys:
        wanted = {"_id": {"$in": keys}, "queue": scope}
        session.database.run(lambda: session.database.messages.delete_many(wanted))


def _due(session: Session, scope: str, now: int) -> list[Document]:
    """Return the messages that are due, those first that were due first, up to a batch."""
    wanted, shown = {"queue": scope, "until": {"$lte": now}}, {"state": 1, "claim": 1}
    database = session.database
    return database.run(
        lambda: list(database.messages.find(wanted, shown, batch_size=BATCH).sort("until", 1).limit(BATCH))
    )


def _end(session: Session, scope: str, state: str, documents: Sequence[Document], now: int) -> None:
    """End the state of messages: what is on its way goes on, and all others are ready."""
    if state == LEAVING:
        for move_id in sorted({document["claim"] for document in documents}):
            moves.finish(session, scope, move_id)
    else:
        _make_ready(session, scope, state, [document["_id"] for document in documents], now)


def _make_ready(session: Session, scope: str, state: str, keys: Sequence[str], now: int) -> None:
    wanted = {"_id": {"$in": keys}, "queue": scope, "state": state, "until": {"$lte": now}}
    change = {"$set": {"state": READY}, "$unset": _ENDED}
    done = session.database.run(
        lambda: session.database.messages.update_many(wanted, change),
        when_in_doubt=lambda: session.counters.doubt(scope),
    )
    if state in COUNTED_AS_CLAIMED:
        first = min(place_of(key).position for key in keys)
        session.counters.add(scope, position=first, claimed=-done.modified_count)
