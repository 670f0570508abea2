"""Deleting messages: the condition is part of the deletion, and only what missed is looked at (storage W-M5, W-M22)."""

from collections.abc import Sequence

from zaqar.models import QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id, new_token
from zaqar.storage.mongodb.messages import holding
from zaqar.storage.mongodb.messages.encoding import (
    CLAIMED,
    COUNTED_AS_CLAIMED,
    DELAYED,
    DOOMED,
    LEAVING,
    POPPED,
    READY,
    VISIBLE,
    ended,
    is_claimed,
    living,
)
from zaqar.storage.mongodb.messages.kept import kept
from zaqar.storage.mongodb.messages.removal import remove_counted
from zaqar.storage.mongodb.messages.scope import message_key, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

_LOOKED_AT = {"state": 1, "until": 1, "claim": 1}

_HELD = sorted(COUNTED_AS_CLAIMED)


def delete(session: Session, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
    """Delete one message if its claim, or that it has none, permits (storage R2.9.1)."""
    while not _is_deleted(session, queue, message_id, claim_id):
        now = session.clock.now()
        found = look(session, queue, message_id, now)
        if found is None:
            return
        if is_claimed(found, now):
            _refuse(session, queue, found, claim_id)
        elif claim_id is not None:
            raise refusals.not_held()
        # Else its claim ended between the two looks at it.


def delete_many(session: Session, queue: QueueKey, ids: Sequence[Id]) -> None:
    """Delete those that exist, claimed or not."""
    scope = scope_of(queue)
    names = session.records.standing(scope, ids)
    if not names:
        return
    keys = [message_key(scope, format_id(*name)) for name in names]
    remove_counted(session, scope, keys)


def delete_held(session: Session, queue: QueueKey, ids: Sequence[Id], claim_ids: Sequence[Id]) -> None:
    """Delete many, all or none: doom those that are held; if others are left, take that back.

    While that lasts, a moment, the doomed ones are not seen; a release in that moment passes them by, and they are
    ready when the claim would have ended. What a deletion that was broken off has doomed is held all the same, and
    goes with the next.
    """
    scope, now, mark = scope_of(queue), session.clock.now(), new_token()
    names = session.records.standing(scope, ids)
    if not names:
        return
    keys = [message_key(scope, format_id(*name)) for name in names]
    named = {"_id": {"$in": keys}, "queue": scope}
    holders = [format_id(*claim_id) for claim_id in claim_ids]
    held = {"state": CLAIMED, "until": {"$gt": now}, "expires": living(now), "claim": {"$in": holders}}
    change = {"$set": {"state": DOOMED, "mark": mark}}
    done = session.database.run(lambda: session.database.messages.update_many(named | held, change))
    if done.modified_count < len(keys):
        if _has_others(session, scope, named, holders, now):
            back = {"$set": {"state": CLAIMED}, "$unset": {"mark": ""}}
            mine = named | {"state": DOOMED, "mark": mark}
            session.database.run(lambda: session.database.messages.update_many(mine, back))
            raise refusals.not_all_held()
        _remove_expired(session, scope, keys, now)
    doomed = named | {"state": DOOMED, "claim": {"$in": holders}}
    gone = session.database.run(
        lambda: session.database.messages.delete_many(doomed), when_in_doubt=lambda: session.counters.doubt(scope)
    ).deleted_count
    first, last = min(names).position, max(names).position
    session.counters.add(scope, position=first, last=last, total=-gone, claimed=-gone)


def _has_others(session: Session, scope: str, named: Document, holders: Sequence[str], now: int) -> bool:
    """Tell whether some of the messages are not held by one of the claims."""
    doomed: Document = {"state": DOOMED}
    foreign, lapsed = doomed | {"claim": {"$nin": list(holders)}}, doomed | {"until": {"$lte": now}}
    others = named | {"$or": [{"state": {"$in": VISIBLE}}, foreign, lapsed], "expires": living(now)}
    return bool(kept(session, scope, others, shown={"_id": 1}, limit=1))


def _remove_expired(session: Session, scope: str, keys: Sequence[str], now: int) -> None:
    """Remove those of the messages that nobody sees any more, so that they are not counted either."""
    wanted = {"_id": {"$in": list(keys)}, "queue": scope, "state": {"$in": VISIBLE}, "expires": ended(now)}
    found = session.database.run(lambda: list(session.database.messages.find(wanted, {"_id": 1})))
    remove_counted(session, scope, [document["_id"] for document in found])


def _is_deleted(session: Session, queue: QueueKey, name: Id, claim_id: Id | None) -> bool:
    """Delete in one step what may be deleted; tell whether it was."""
    scope, now = scope_of(queue), session.clock.now()
    wanted: Document = {"_id": message_key(scope, format_id(*name)), "queue": scope}
    expired = {"state": {"$in": VISIBLE}, "expires": ended(now)}
    if claim_id is None:
        unclaimed = {"state": {"$in": [READY, DELAYED, POPPED, LEAVING]}}
        wanted["$or"] = [unclaimed, {"state": {"$in": _HELD}, "until": {"$lte": now}}, expired]
    else:
        wanted["$or"] = [{"state": {"$in": _HELD}, "claim": format_id(*claim_id), "until": {"$gt": now}}, expired]
    found = session.database.run(
        lambda: session.database.messages.find_one_and_delete(wanted, projection={"state": 1}),
        when_in_doubt=lambda: session.counters.doubt(scope),
    )
    if found is None:
        return False
    was_claimed = found["state"] in COUNTED_AS_CLAIMED
    session.counters.add(scope, position=name.position, total=-1, claimed=-int(was_claimed))
    return True


def look(session: Session, queue: QueueKey, name: Id, now: int) -> Document | None:
    """Return a message that was neither deleted nor purged."""
    scope = scope_of(queue)
    key = message_key(scope, format_id(*name))
    wanted = {"_id": key, "state": {"$in": [*VISIBLE, DOOMED]}, "expires": living(now)}
    return next(iter(kept(session, scope, wanted, shown=_LOOKED_AT)), None)


def _refuse(session: Session, queue: QueueKey, found: Document, claim_id: Id | None) -> None:
    if claim_id is None:
        raise refusals.claimed()
    if found["claim"] == format_id(*claim_id):
        return  # claimed between the two looks: by the claim that was named
    if holding.exists(session, queue, claim_id):
        raise refusals.held_by_another()
    raise refusals.not_held()
