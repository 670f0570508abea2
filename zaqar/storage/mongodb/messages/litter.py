"""Removes what purges and deletions have left behind: messages below the floor, which no operation sees.

The record says how far (``litter``); the index of that name finds such records. Whatever is interrupted is found by the
next sweep. Nothing here is counted: the step that raised the floor took all of it off the figures.
"""

import time
from collections import deque

from zaqar.storage.mongodb.messages import trimming
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.removal import Removed, remove_batch
from zaqar.storage.mongodb.messages.session import Session

MOST_QUEUES = 10_000
"""Queues with litter that one sweep looks at, at most."""

NEXT_LOOK = 3600
"""Seconds after which the remains of a queue with subscriptions are looked at again."""


def clear(session: Session, record: Record, *, behind: str | None = None) -> Removed:
    """Remove one batch; with the last, take the ``litter`` out of the record, or remove remains that are past."""
    removed = remove_batch(session, record.scope, below=record.litter or record.next, behind=behind)
    if removed.is_all:
        _end(session, record)
    return removed


def clear_all(session: Session, *, seconds: float) -> int:
    """Remove batch after batch, of one queue after the other, for so many seconds; return how many messages went.

    A record in which nothing is left to be removed counts as one.
    """
    ends, gone = time.monotonic() + seconds, 0
    wanted = {"litter": {"$gt": 0}}
    found = session.database.run(
        lambda: list(session.database.records.find(wanted).sort("litter", 1).limit(MOST_QUEUES))
    )
    waiting: deque[tuple[Record, str | None]] = deque((Record(each["_id"], each), None) for each in found)
    while waiting:
        record, behind = waiting.popleft()
        removed = clear(session, record, behind=behind)
        gone += removed.count + removed.is_all
        if not removed.is_all:
            waiting.append((record, removed.last))
        if time.monotonic() > ends:
            break
    return gone


def _end(session: Session, record: Record) -> None:
    """Write down that nothing is left, unless there was another purge or another life of the queue meanwhile."""
    wanted, now = {"_id": record.scope, "litter": record.litter}, session.clock.now()
    if record.is_deleted and record.due is not None and record.due <= now:
        _remove_remains(session, record, now)
    elif record.litter is not None:
        session.database.run(lambda: session.database.records.update_one(wanted, {"$unset": {"litter": ""}}))


def _remove_remains(session: Session, record: Record, now: int) -> None:
    """Remove what is left of a deleted queue, unless it has subscriptions, of which its next life must know."""
    seen = {name: record.document.get(name) for name in ("litter", "next", "notify_until", "subscribed")}
    remains = {"_id": record.scope, "deleted": {"$ne": None}} | seen
    if trimming.is_subscribed(session, record, now):
        later = {"$set": {"due": min(record.notify_until, now + NEXT_LOOK)}}
        session.database.run(lambda: session.database.records.update_one(remains, later))
    else:
        session.database.run(lambda: session.database.records.delete_one(remains))
