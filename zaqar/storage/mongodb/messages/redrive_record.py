"""The redrive of a queue as its record has it: the one that is running, else the last.

The field ``redrive`` has:

id, text                 of it, the text as it was made
is_running               true while it runs, else absent
state, ended             of one that has ended
moved, skipped, after    how far it is
holder, lease_ends_ms    of whoever takes its steps
moves                    messages that are about to move, by steps that are under way or were broken off: step, count, until

A step counts what is about to move before it moves, so that no crash lets more move than the limit; and gives back what it
did not move, whoever has the lease by then. Where it has ended without that, the count stays: after ``until`` nobody waits.

Uses the index ``redriving`` on ``(redrive.is_running)``.
"""

import dataclasses
from collections.abc import Sequence

import msgspec

from zaqar.models import QueueKey, Redrive, RedriveState, RedriveTerms
from zaqar.storage import refusals, subscription_documents
from zaqar.storage.ids import Id, format_id, position_at
from zaqar.storage.mongodb.messages.lending import ends_ms
from zaqar.storage.mongodb.messages.moves import LIFE
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import queue_of, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


@dataclasses.dataclass(frozen=True)
class Step:
    """What one step did: counted as about to move, moved, looked at and left; and the position up to which it has looked."""

    id: str
    counted: int
    moved: int
    skipped: int
    after: int


def create(session: Session, queue: QueueKey, terms: RedriveTerms, token: str) -> Redrive:
    """Begin a redrive of what may be shown now. Raises ``QueueNotFound`` and ``RedriveRunning``."""
    record = session.records.read(queue)
    name = format_id(position_at(session.clock.microseconds()), token)
    made = Redrive(name, terms, session.clock.now(), session.records.bound(record))
    document = {"id": name, "text": subscription_documents.encode_redrive(made), "is_running": True, "moves": []}
    document |= {"moved": 0, "skipped": 0, "after": 0, "lease_ends_ms": 0}
    unless_running = {"redrive.is_running": {"$ne": True}}
    if session.records.update(record.scope, unless_running, {"$set": {"redrive": document}}) is None:
        found = session.records.read(queue).document.get("redrive", {})
        if found.get("id") != name:  # else the answer was lost
            raise refusals.redrive_running()
    return made


def get(session: Session, queue: QueueKey) -> Redrive | None:
    """Return the redrive of a queue, if it has one."""
    return redrive(session.records.find(scope_of(queue)))


def redrive(record: Record | None) -> Redrive | None:
    """Return the redrive that a record has."""
    if record is None or record.is_deleted or "redrive" not in record.document:
        return None
    found = record.document["redrive"]
    return msgspec.structs.replace(
        subscription_documents.decode_redrive(found["text"]),
        state=found.get("state", "running"),
        ended=found.get("ended"),
        moved=int(found["moved"]),
        skipped=int(found["skipped"]),
        after=int(found["after"]),
    )


def running(session: Session) -> Sequence[QueueKey]:
    """Return the queues that have a running one."""
    wanted = {"redrive.is_running": True, "deleted": None}
    found = session.database.run(lambda: list(session.database.records.find(wanted, {"_id": 1})))
    return [queue_of(each["_id"]) for each in found]


def cancel(session: Session, queue: QueueKey, redrive_id: Id) -> None:
    """End it, unless it has ended. Raises ``RedriveNotFound``."""
    scope, name = scope_of(queue), format_id(*redrive_id)
    if end(session, scope, name, "cancelled") is None:
        found = redrive(session.records.find(scope))
        if found is None or found.id != name:
            raise refusals.no_redrive()


def end(session: Session, scope: str, redrive_id: str, state: RedriveState) -> Record | None:
    """End a redrive that is running; return the record, None where it is not."""
    change = {"$set": ended(state, session.clock.now()), "$unset": {"redrive.is_running": ""}}
    return session.records.update(scope, {"redrive.id": redrive_id, "redrive.is_running": True}, change)


def ended(state: RedriveState, now: int) -> Document:
    """Return the fields that one has which has ended."""
    return {"redrive.state": state, "redrive.ended": now}


def lease(session: Session, queue: QueueKey, *, holder: str, seconds: float) -> Record | None:
    """Take the running redrive for some seconds, where it is nobody else's; return the record then.

    Forgets what steps had counted of which nobody waits for the end any more.
    """
    free = [{"redrive.lease_ends_ms": {"$lte": ends_ms(session, 0)}}, {"redrive.holder": holder}]
    change = {
        "$set": {"redrive.holder": holder, "redrive.lease_ends_ms": ends_ms(session, seconds)},
        "$pull": {"redrive.moves": {"until": {"$lte": session.clock.now()}}},
    }
    return session.records.update(scope_of(queue), {"redrive.is_running": True, "$or": free}, change)


def count(session: Session, scope: str, seen: Redrive, step_id: str, number: int, *, holder: str) -> bool:
    """Count what is about to move, while the redrive runs, is the holder's and has room for so much; tell whether it was."""
    wanted: Document = {
        "redrive.id": seen.id,
        "redrive.is_running": True,
        "redrive.holder": holder,
        "redrive.moves.step": {"$ne": step_id},
    }
    if seen.terms.limit is not None:
        wanted["redrive.moved"] = {"$lte": seen.terms.limit - number}
    move = {"step": step_id, "count": number, "until": session.clock.now() + LIFE}
    change = {"$inc": {"redrive.moved": number}, "$push": {"redrive.moves": move}}
    if session.records.update(scope, wanted, change) is not None:
        return True
    found = session.records.find(scope)
    return found is not None and any(each["step"] == step_id for each in under_way(found))  # the answer was lost


def settle(session: Session, scope: str, seen: Redrive, step: Step, *, holder: str, seconds: float) -> Record | None:
    """Correct what a step has counted, and go on behind what it looked at unless others have; return the record then."""
    mine: Document = {"redrive.id": seen.id}
    change: Document = {"$inc": {"redrive.moved": step.moved - step.counted}}
    if step.counted:
        mine["redrive.moves.step"] = step.id
        change["$pull"] = {"redrive.moves": {"step": step.id}}
    further = {
        "$set": {"redrive.after": step.after, "redrive.lease_ends_ms": ends_ms(session, seconds)},
        "$inc": change["$inc"] | {"redrive.skipped": step.skipped},
    }
    still_there = mine | {"redrive.after": seen.after, "redrive.holder": holder}
    record = session.records.update(scope, still_there, change | further)
    if record is None and step.counted:
        record = session.records.update(scope, mine, change)
    return record or session.records.find(scope)


def under_way(record: Record) -> Sequence[Document]:
    """Return what steps have counted that are not known to have ended."""
    found: Sequence[Document] = record.document.get("redrive", {}).get("moves", [])
    return found
