"""Claims that were made: what each holds, its renewal and its end.

A claim is what its messages say of it, and no document of its own. Uses the index ``claims``.
"""

from pymongo import UpdateMany

from zaqar.clock import age
from zaqar.models import Claim, QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.mongodb.messages.encoding import CLAIMED, READY, date_of, living, messages
from zaqar.storage.mongodb.messages.kept import kept
from zaqar.storage.mongodb.messages.record import SETTLE_INTERVAL
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def get(session: Session, queue: QueueKey, claim_id: Id) -> Claim:
    """Return a live claim. Raises ``ClaimNotFound``, as ``renew`` does."""
    now = session.clock.now()
    found = kept(session, scope_of(queue), _live(queue, claim_id, now))
    if not found:
        raise refusals.no_claim()
    found.sort(key=lambda each: int(each["position"]))
    ttl = int(found[0]["claim_ttl"])
    return Claim(format_id(*claim_id), ttl, age(now, int(found[0]["until"]) - ttl), messages(found, now))


def renew(session: Session, queue: QueueKey, claim_id: Id, *, ttl: int, grace: int) -> None:
    """Give a live claim a new end: the record tells what was purged, then one command has two updates."""
    now = session.clock.now()
    ends = now + ttl
    wanted = _live(queue, claim_id, now)
    record = session.records.find(scope_of(queue))
    if record is None or record.is_deleted:
        raise refusals.no_claim()
    wanted["position"] = {"$gte": record.floor}
    short = wanted | {"expires": {"$gt": date_of(now), "$lt": date_of(ends)}}
    longer = {"$max": {"expires": date_of(ends + grace)}, "$set": {"ttl": ttl + grace}}
    changes = [UpdateMany(short, longer), UpdateMany(wanted, {"$set": {"until": ends, "claim_ttl": ttl}})]
    done = session.database.run(lambda: session.database.messages.bulk_write(changes, ordered=True))
    if not done.matched_count:
        raise refusals.no_claim()
    # A due time in the past may be one that the sweep is just about to put off or to take away.
    is_watched = record.due is not None and now < record.due <= now + SETTLE_INTERVAL
    if ttl < SETTLE_INTERVAL or not is_watched:
        session.records.hurry(record.scope, min(ends, now + SETTLE_INTERVAL))


def release(session: Session, queue: QueueKey, claim_id: Id) -> None:
    """Make what a claim holds ready; how often each message was claimed stays."""
    scope = scope_of(queue)
    record = session.records.find(scope)
    if record is None or record.is_deleted:
        return
    above = {"$gte": record.floor}
    wanted = {"claim": format_id(*claim_id), "queue": scope, "state": CLAIMED, "position": above}
    change = {"$set": {"state": READY}, "$unset": {"claim": "", "claim_ttl": "", "until": ""}}
    done = session.database.run(
        lambda: session.database.messages.update_many(wanted, change),
        when_in_doubt=lambda: session.counters.doubt(scope),
    )
    session.counters.add(scope, position=record.floor, claimed=-done.modified_count)


def exists(session: Session, queue: QueueKey, claim_id: Id) -> bool:
    """Tell whether a claim is live."""
    wanted = _live(queue, claim_id, session.clock.now())
    return bool(kept(session, scope_of(queue), wanted, shown={"_id": 1}, limit=1))


def _live(queue: QueueKey, claim_id: Id, now: int) -> Document:
    """Return what finds the messages of a live claim."""
    held = {"claim": format_id(*claim_id), "queue": scope_of(queue), "state": CLAIMED}
    return held | {"until": {"$gt": now}, "expires": living(now)}
