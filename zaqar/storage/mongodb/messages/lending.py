"""Leases of subscriptions: who delivers to which. Uses the index ``progress`` on ``(queue, low)``, and that of ``_id``.

What has work is found first, then taken if it is free still: each change names the subscription and that nobody has it, so
that two never have the same. By the name of the lease, which each call makes anew, it finds what it was given.
"""

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne

from zaqar.models import Lease, QueueKey
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.messages import notices, subscribing, trimming
from zaqar.storage.mongodb.messages.encoding import living
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def lease(session: Session, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Sequence[Lease]:
    """Take up to so many subscriptions that have work, those furthest behind first."""
    scope = scope_of(queue)
    if session.lending.is_turn(scope):
        trimming.remove_ended(session, scope)
    last = notices.last_readable(session, queue)
    wanted = _free(session, scope) | {"$or": _work(session, last)}
    database = session.database
    found = database.run(
        lambda: list(database.subscriptions.find(wanted, {"_id": 1}, batch_size=limit).sort("low", 1).limit(limit))
    )
    if not found:
        trimming.trim(session, scope)
        return []
    taken = _take(session, scope, [each["_id"] for each in found], holder=holder, seconds=seconds)
    now = session.clock.now()
    return [_lease(each, now) for each in taken]


def tell_hurry(session: Session, documents: Iterable[Document]) -> None:
    """Forget that retries were called for, where it is told now; where they are called for meanwhile it is told again."""
    changes = [
        UpdateOne({"_id": each["_id"], "queue": each["queue"], "hurried": each["hurried"]}, {"$unset": {"hurried": ""}})
        for each in documents
        if "hurried" in each
    ]
    if changes:
        session.database.run(lambda: session.database.subscriptions.bulk_write(changes, ordered=False))


def ends_ms(session: Session, seconds: float) -> int:
    """Return when a lease ends that begins now."""
    return _now_ms(session) + int(seconds * 1000)


def _now_ms(session: Session) -> int:
    return session.clock.microseconds() // 1000


def _free(session: Session, scope: str) -> Document:
    """Return what finds the subscriptions that nobody has."""
    return {
        "queue": scope,
        "low": {"$gte": 0},
        "expires": living(session.clock.now()),
        "lease_ends_ms": {"$lte": _now_ms(session)},
    }


def _work(session: Session, last: int | None) -> list[Document]:
    """Return what subscriptions with work meet: that one of these holds."""
    work: list[Document] = [{"wakes_ms": {"$lte": _now_ms(session)}}, {"hurried": {"$gt": 0}}]
    if last is not None:
        work.append({"high": {"$lt": last}, "is_full": False})
    return work


def _take(session: Session, scope: str, keys: Sequence[str], *, holder: str, seconds: float) -> list[Document]:
    """Take those that are free still; return them as they are then."""
    database, name = session.database, new_token()
    taken = {"holder": holder, "lease": name, "lease_ends_ms": ends_ms(session, seconds)}
    free = _free(session, scope) | {"_id": {"$in": keys}}
    database.run(lambda: database.subscriptions.update_many(free, {"$set": taken}))
    mine = {"_id": {"$in": keys}, "queue": scope, "lease": name}
    found = database.run(lambda: list(database.subscriptions.find(mine, batch_size=len(keys))))
    tell_hurry(session, found)
    return sorted(found, key=lambda each: int(each["low"]))


def _lease(document: Document, now: int) -> Lease:
    return Lease(subscribing.subscription(document, now), subscribing.progress(document), "hurried" in document)
