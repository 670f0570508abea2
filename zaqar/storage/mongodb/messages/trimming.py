"""Removes what nobody needs any more: notices that every subscription has behind it, and subscriptions that have ended.

Uses the indexes ``progress`` on ``(queue, low)``, ``ending``, ``notices`` and ``lapsing``.
"""

from pymongo.collection import Collection

from zaqar.storage.mongodb.messages import notices
from zaqar.storage.mongodb.messages.encoding import ended, living
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.subscribing import UNDER_WAY
from zaqar.storage.mongodb.server.connection import Document

BATCH = 1000


def trim(session: Session, scope: str) -> None:
    """Remove the notices that no living subscription needs.

    Where there seems to be no subscription, what is removed is what was there before that was looked for once more:
    who subscribes meanwhile is not told of what was posted before, and is of all that comes later.
    """
    low = _least_low(session, scope)
    if low is None:
        low = notices.last(session, scope)
        if low is None:
            return
        other = _least_low(session, scope)
        if other is None:
            _lower(session, scope)
        else:
            low = other
    notices.remove(session, scope, up_to=low)


def remove_ended(session: Session, scope: str) -> None:
    """Remove subscriptions of a queue that have ended, up to a batch."""
    wanted = {"queue": scope, "expires": ended(session.clock.now())}
    _remove_batch(session, session.database.subscriptions, wanted)


def sweep(session: Session) -> None:
    """Remove, in all queues, subscriptions that have ended, the notices of those that have no other, and those past their time."""
    now, database = ended(session.clock.now()), session.database
    while removed := _remove_batch(session, database.subscriptions, {"expires": now}):
        for scope in removed:
            trim(session, scope)
    while _remove_batch(session, database.messages, {"lapses": now}):
        pass


def is_subscribed(session: Session, record: Record, now: int) -> bool:
    """Tell whether a queue has a living subscription, or may have one in a moment."""
    if record.notify_until <= now:
        return False
    return record.document["subscribed"] > now - UNDER_WAY or _least_low(session, record.scope) is not None


def _least_low(session: Session, scope: str) -> int | None:
    """Return the position up to which no living subscription needs anything; None where there is no such subscription."""
    wanted = {"queue": scope, "low": {"$gte": 0}, "expires": living(session.clock.now())}
    database = session.database
    found = database.run(lambda: database.subscriptions.find_one(wanted, {"low": 1}, sort=[("low", 1)]))
    return None if found is None else int(found["low"])


def _lower(session: Session, scope: str) -> None:
    """Let posts leave no notices any more, unless somebody subscribed a moment ago, or does meanwhile."""
    record, now = session.records.find(scope), session.clock.now()
    if record is not None and record.notify_until > now and not is_subscribed(session, record, now):
        seen = {"notify_until": record.notify_until, "subscribed": record.document["subscribed"]}
        session.records.update(scope, seen, {"$unset": {"notify_until": ""}})


def _remove_batch(session: Session, collection: Collection[Document], wanted: Document) -> list[str]:
    """Remove some of what is wanted, each by its key and its queue; return the scopes of the queues."""
    run = session.database.run
    found = run(lambda: list(collection.find(wanted, {"queue": 1}, batch_size=BATCH).limit(BATCH)))
    scopes = sorted({each["queue"] for each in found})
    if found:
        named = wanted | {"_id": {"$in": [each["_id"] for each in found]}, "queue": {"$in": scopes}}
        run(lambda: collection.delete_many(named))
    return scopes
