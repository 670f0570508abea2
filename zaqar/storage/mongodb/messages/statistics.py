"""The counters of a queue: told with both ends of it, written from what this process changed, and counted anew.

Uses the index ``reading``.
"""

from zaqar.clock import age
from zaqar.models import MessageMark, QueueKey, Stats
from zaqar.storage.mongodb.messages import candidates
from zaqar.storage.mongodb.messages.counters import Change
from zaqar.storage.mongodb.messages.encoding import COUNTED_AS_CLAIMED, STATES
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import id_of, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def stats(session: Session, queue: QueueKey) -> Stats:
    """Return the counters, with what this process has not written of them, and both ends: one command."""
    view, unwritten = session.counters.with_unwritten(scope_of(queue), lambda: candidates.ends(session, queue))
    if len(view.found) < 2:
        return Stats(discarded=view.record.discarded)
    now = session.clock.now()
    oldest, newest = (_end(each, now) for each in view.found)
    figures, to_come = view.record.document, unwritten.since(view.record.floor)
    total = int(figures["total"]) + to_come.total
    claimed = int(figures["claimed"]) + to_come.claimed
    total = max(total, 1 if oldest.id == newest.id else 2)
    claimed = min(max(claimed, 0), total)
    return Stats(claimed, total - claimed, oldest, newest, view.record.discarded)


def recount(session: Session, record: Record, now: int) -> None:
    """Count the messages, and write what was found into the record, unless that changed meanwhile."""
    total = _count(session, record, sorted(STATES))
    claimed = _count(session, record, sorted(COUNTED_AS_CLAIMED))
    seen = {name: record.document[name] for name in ("next", "total", "claimed")}
    counted = {"total": total, "claimed": claimed}
    change = {"$set": counted | {"counted": [record.next, total, claimed], "recounted": now}}
    if session.records.update(record.scope, seen | {"reservations": [], "struck": []}, change) is None:
        # Somebody posted or consumed meanwhile. To try again at once would keep the server counting.
        session.records.update(record.scope, {}, {"$set": {"recounted": now}})


def write_counters(session: Session, scope: str) -> Record | None:
    """Write what this process changed into the record of a queue; return that, or None where nothing was written."""
    with session.counters.written(scope) as change:
        return None if change is None else write_change(session, scope, change)


def write_change(session: Session, scope: str, change: Change) -> Record | None:
    """Write a change, as far as it concerns messages from the floor on: a purge may come at any moment, and raise that.

    Where the change is doubtful the record forgets when it was counted, so that the sweep counts again.
    """
    is_doubted = False
    while change.deltas or change.is_doubtful:
        if change.is_doubtful and not is_doubted:
            is_doubted = True
            session.records.update(scope, {}, {"$unset": {"counted": ""}})
        if not change.deltas:
            return None
        figures = {"total": change.total, "claimed": change.claimed}
        written = session.records.update(scope, {"floor": {"$lte": change.first}}, {"$inc": figures})
        if written is not None:
            return written
        record = session.records.find(scope)
        if record is None or record.is_deleted:
            return None
        session.records.horizons.see(record)
        change = change.since(record.floor)
    return None


def _count(session: Session, record: Record, states: list[str]) -> int:
    wanted = {"queue": record.scope, "state": {"$in": states}, "position": {"$gte": record.floor}}
    return session.database.run(lambda: session.database.messages.count_documents(wanted))


def _end(document: Document, now: int) -> MessageMark:
    created = int(document["created"])
    return MessageMark(id_of(document["_id"]), age(now, created), created)
