"""Making and changing subscriptions: before one can be seen, the queue's record says until when posts leave notices.

_id       scope/id                      queue      scope            digest    of the subscriber
version   goes up with each change      changed    by which call    expires   date
content, progress   texts, the second once there is one             high, low, wakes_ms, is_full   of the progress
lease, holder, lease_ends_ms            of whoever delivers         saved     by which call the progress was stored
hurried   how often its retries were called for and nobody was told

Uses the indexes of ``_id`` and ``subscribers``, the latter on ``(queue, digest)``.
"""

import time
from collections.abc import Iterable

from pymongo.errors import DuplicateKeyError

from zaqar.errors import QueueNotFound
from zaqar.models import NewSubscription, Progress, QueueKey, Subscription
from zaqar.storage import refusals, subscription_documents
from zaqar.storage.ids import format_id, new_token, position_at
from zaqar.storage.mongodb.messages.encoding import date_of, ended, living
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import id_of, scope_of, subscription_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

UNDER_WAY = 60
"""Seconds for which ``notify_until`` is not lowered: whoever raised it is about to subscribe."""


def create(session: Session, queue: QueueKey, new: NewSubscription, token: str) -> tuple[Subscription, bool]:
    """Subscribe, unless this subscriber has; return the subscription, and whether it is new. Raises ``QueueNotFound``."""
    scope, now, began = scope_of(queue), session.clock.now(), time.monotonic()
    raised = session.records.update(scope, {}, _raising(now + new.ttl, now))
    if raised is None:
        raise QueueNotFound(queue)
    name = format_id(position_at(session.clock.microseconds()), token)
    made = _document(scope, name, new, after=raised, now=now)
    while not _is_inserted(session, made):
        found = _of_subscriber(session, scope, made["digest"])
        if found is not None and found["_id"] == made["_id"]:
            break  # by an attempt of which the answer was lost
        if found is not None and not _is_removed(session, found):
            return subscription(found, now), False
    if time.monotonic() - began > UNDER_WAY / 2:
        session.records.update(scope, {}, _raising(now + new.ttl, session.clock.now()))
    return subscription(made, now), True


def replace(session: Session, queue: QueueKey, old: Subscription, new: Subscription, *, restarts: bool) -> None:
    """Change a subscription, by its version; where it restarts, posts leave notices until its new end, from before on.

    Raises ``SubscriptionNotFound``, ``ChangedMeanwhile`` and ``SubscriberTaken``.
    """
    scope, now = scope_of(queue), session.clock.now()
    found = find(session, scope, old.id)
    if found["version"] != old.version:
        raise refusals.subscription_changed()
    change: Document = {
        "digest": subscription_documents.digest(new.subscriber),
        "content": subscription_documents.changed_content(found["content"], new),
        "version": old.version + 1,
        "changed": new_token(),
    }
    if restarts:
        _raise(session, scope, now + new.ttl)
        change["expires"] = date_of(now + new.ttl)
    while not _is_changed(session, found, change):
        holder = _of_subscriber(session, scope, change["digest"])
        if holder is not None and not _is_removed(session, holder):
            raise refusals.subscriber_taken()


def find(session: Session, scope: str, subscription_id: str) -> Document:
    """Return a living subscription. Raises ``SubscriptionNotFound``."""
    wanted = {"_id": subscription_key(scope, subscription_id), "queue": scope, "expires": living(session.clock.now())}
    found = session.database.run(lambda: session.database.subscriptions.find_one(wanted))
    if found is None:
        raise refusals.no_subscription()
    return found


def living_among(session: Session, scope: str, keys: Iterable[str]) -> list[str]:
    """Return which of the subscriptions to a queue that have these keys are living."""
    wanted = {"_id": {"$in": sorted(keys)}, "queue": scope, "expires": living(session.clock.now())}
    database = session.database
    return [each["_id"] for each in database.run(lambda: list(database.subscriptions.find(wanted, {"_id": 1})))]


def subscription(document: Document, now: int) -> Subscription:
    """Return the subscription that a document is."""
    name, version = id_of(document["_id"]), int(document["version"])
    return subscription_documents.subscription(name, version, document["content"], now=now)


def progress(document: Document) -> Progress:
    """Return how far a subscription is: of one that nobody has delivered to there is no text."""
    text = document.get("progress")
    return Progress(int(document["high"])) if text is None else subscription_documents.decode_progress(text)


def marks(progress: Progress) -> Document:
    """Return what a store has to know of progress."""
    return {"high": progress.high, "low": progress.low, "wakes_ms": progress.wakes_ms, "is_full": progress.is_full}


def _document(scope: str, name: str, new: NewSubscription, *, after: Record, now: int) -> Document:
    """Return a subscription to what gets its positions after a record was read."""
    return {
        "_id": subscription_key(scope, name),
        "queue": scope,
        "digest": subscription_documents.digest(new.subscriber),
        "version": 0,
        "expires": date_of(now + new.ttl),
        "content": subscription_documents.new_content(new, now=now),
        "lease_ends_ms": 0,
    } | marks(Progress(after.next - 1))


def _raising(until: int, now: int) -> Document:
    return {"$max": {"notify_until": until}, "$set": {"subscribed": now}}


def _raise(session: Session, scope: str, until: int) -> None:
    """Let posts leave notices until a second; where the queue was deleted, those of its next life."""
    records = session.database.records
    change = _raising(until, session.clock.now())
    done = session.database.run(lambda: records.update_one({"_id": scope}, change))
    if not done.matched_count:  # the remains were kept until the last subscription ended
        raise refusals.no_subscription()


def _is_inserted(session: Session, document: Document) -> bool:
    database = session.database
    try:
        database.run(lambda: database.subscriptions.insert_one(document))
    except DuplicateKeyError:
        return False
    return True


def _of_subscriber(session: Session, scope: str, digest: str) -> Document | None:
    """Return the subscription of a subscriber, living or not."""
    database = session.database
    return database.run(lambda: database.subscriptions.find_one({"queue": scope, "digest": digest}))


def _is_removed(session: Session, found: Document) -> bool:
    """Remove a subscription that has ended, so that its subscriber is free; tell whether it had."""
    database, now = session.database, session.clock.now()
    if found["expires"] > date_of(now):
        return False
    wanted = {"_id": found["_id"], "queue": found["queue"], "expires": ended(now)}
    database.run(lambda: database.subscriptions.delete_one(wanted))
    return True


def _is_changed(session: Session, found: Document, change: Document) -> bool:
    """Change a subscription if it is still as it was found; return False where another one has the subscriber."""
    database = session.database
    named = {"_id": found["_id"], "queue": found["queue"]}
    wanted = named | {"version": found["version"], "expires": living(session.clock.now())}
    try:
        done = database.run(lambda: database.subscriptions.update_one(wanted, {"$set": change}))
    except DuplicateKeyError:
        return False
    if not done.matched_count:
        now = find(session, found["queue"], id_of(found["_id"]))
        if now.get("changed") != change["changed"]:  # else by an attempt of which the answer was lost
            raise refusals.subscription_changed()
    return True
