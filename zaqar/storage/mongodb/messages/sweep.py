"""Reclaims what has expired, was purged or deleted, and settles queues that nobody uses.

Uses the indexes ``expiry``, ``ending``, ``lapsing``, ``sweeping`` and ``litter``. A queue in which nothing is due or left costs nothing, however
many there are: its record is in none of the ranges that are looked at.
"""

from pymongo.errors import DuplicateKeyError

from zaqar.storage.mongodb.messages import due, litter, trimming
from zaqar.storage.mongodb.messages.expiry import expire
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.statistics import recount, write_counters
from zaqar.storage.mongodb.messages.striking import strike_late
from zaqar.storage.mongodb.messages.worn import move_rest

INTERVAL = 30
"""Seconds between two sweeps by the processes of all hosts together."""

MOST_QUEUES = 10_000
"""Queues that one sweep settles; those due first come first."""

UNUSED_AFTER = 60
"""Seconds after its due time at which a queue counts as unused: no operation on it can still be under way then."""

LONGEST_MOVE = 10.0
"""Seconds that one sweep goes on with the dead letters of one queue."""

LONGEST_SETTLING = 10.0
"""Seconds that one sweep goes on with what is due in one queue."""

LONGEST_CLEARING = 10.0
"""Seconds that one sweep goes on with what purges and deletions have left in all queues, a batch of each in turn."""

COUNTED_PER_SECOND = 1000
"""Of a longer queue, so many messages add a second to the pause between two counts, which is a minute at least."""


def is_turn_to_sweep(session: Session) -> bool:
    """Tell whether nobody has begun a sweep during the last interval; then it is the caller's turn, and nobody else's."""
    now = session.clock.now()
    turn = session.database.run(lambda: session.database.sweeps.find_one({"_id": "messages"}))
    if turn is not None and turn["next"] > now:
        return False
    mine = {"$set": {"next": now + INTERVAL}}
    wanted = {"_id": "messages", "next": {"$lte": now}}
    try:
        done = session.database.run(lambda: session.database.sweeps.update_one(wanted, mine, upsert=True))
    except DuplicateKeyError:
        return False
    return bool(done.matched_count or done.upserted_id)


def sweep(session: Session) -> int:
    """Reclaim; return how many messages and claims went."""
    gone = litter.clear_all(session, seconds=LONGEST_CLEARING) + expire(session)
    trimming.sweep(session)
    wanted = {"due": {"$lte": session.clock.now()}}
    found = session.database.run(
        lambda: list(session.database.records.find(wanted, {"_id": 1}).sort("due", 1).limit(MOST_QUEUES))
    )
    for each in found:
        record = session.records.find(each["_id"])
        if record is not None:
            gone += _tidy(session, record)
    return gone


def _tidy(session: Session, record: Record) -> int:
    """Settle one queue, and leave it alone from now on if nobody uses it and nothing in it falls due."""
    now = session.clock.now()
    if record.is_deleted:
        return litter.clear(session, record).count
    strike_late(session, record, now)
    moved = move_rest(session, record, seconds=LONGEST_MOVE) if "dead_letters" in record.document else 0
    lapsed = due.settle(session, record, now, seconds=LONGEST_SETTLING).lapsed
    if moved:
        session.records.hurry(record.scope, now)  # there may be more
    current = write_counters(session, record.scope) or session.records.find(record.scope)
    if current is None or current.is_deleted:
        return moved + lapsed
    if _is_to_be_counted(current, now):
        recount(session, current, now)
    elif current.due is not None and current.due <= now - UNUSED_AFTER and not current.open:
        _leave_alone(session, current)
    return moved + lapsed


def _leave_alone(session: Session, record: Record) -> None:
    """Let no sweep look at a queue that nobody uses before something falls due in it."""
    first = due.next_due(session, record.scope)
    unused = {"due": record.due, "next": record.next, "hurried": record.document["hurried"], "dead_letters": None}
    session.records.update(record.scope, unused, {"$unset": {"due": ""}} if first is None else {"$set": {"due": first}})


def _is_to_be_counted(record: Record, now: int) -> bool:
    figures = [record.document[name] for name in ("next", "total", "claimed")]
    pause = max(INTERVAL * 2, abs(int(record.document["total"])) // COUNTED_PER_SECOND)
    return record.document.get("counted") != figures and now - record.document.get("recounted", 0) >= pause
