"""How far subscriptions are: what the holder of a lease says of it, and what is told. Uses the index of ``_id``."""

from collections.abc import Mapping, Sequence

from pymongo import UpdateOne

from zaqar.models import Held, QueueKey, Saved, Standing
from zaqar.storage import refusals, subscription_documents
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.messages import notices, subscribing, trimming
from zaqar.storage.mongodb.messages.encoding import living
from zaqar.storage.mongodb.messages.lending import ends_ms, tell_hurry
from zaqar.storage.mongodb.messages.scope import id_of, scope_of, subscription_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

MOST_PENDING = 1000
"""Posts that are counted, at most."""


def save(
    session: Session, queue: QueueKey, *, holder: str, seconds: float, saved: Sequence[Saved]
) -> Mapping[str, Held]:
    """Store progress in one command, then read which the holder had; return these."""
    if not saved:
        return {}
    database, scope, name = session.database, scope_of(queue), new_token()
    held = {"queue": scope, "holder": holder, "expires": living(session.clock.now())}
    ends = ends_ms(session, seconds)
    changes = [
        UpdateOne(held | {"_id": subscription_key(scope, each.subscription_id)}, _change(each, name, ends))
        for each in saved
    ]
    done = database.run(lambda: database.subscriptions.bulk_write(changes, ordered=False))
    keys = [subscription_key(scope, each.subscription_id) for each in saved]
    mine, shown = {"_id": {"$in": keys}, "queue": scope}, {"queue": 1, "version": 1, "hurried": 1}
    if done.matched_count < len(saved):
        # Which: by the name of this call. What was released may have another's by now, but all were held nearly always.
        mine["saved"] = name
    found = database.run(lambda: list(database.subscriptions.find(mine, shown, batch_size=len(keys))))
    released = {each.subscription_id for each in saved if each.is_released}
    tell_hurry(session, [each for each in found if id_of(each["_id"]) not in released])
    if session.saving.is_turn(scope):
        trimming.trim(session, scope)
    return {id_of(each["_id"]): _held(each, released) for each in found}


def standing(session: Session, queue: QueueKey, subscription_id: str) -> Standing:
    """Tell how far a subscription is. Raises ``SubscriptionNotFound``."""
    found = subscribing.find(session, scope_of(queue), subscription_id)
    progress = subscribing.progress(found)
    pending = notices.count(session, queue, after=progress.high, addressee=subscription_id, most=MOST_PENDING)
    return Standing(progress, pending)


def hurry(session: Session, queue: QueueKey, subscription_id: str) -> None:
    """Let the next who saves or leases be told. Raises ``SubscriptionNotFound``."""
    scope, database = scope_of(queue), session.database
    wanted = {"_id": subscription_key(scope, subscription_id), "queue": scope, "expires": living(session.clock.now())}
    done = database.run(lambda: database.subscriptions.update_one(wanted, {"$inc": {"hurried": 1}}))
    if not done.matched_count:
        raise refusals.no_subscription()


def _change(saved: Saved, name: str, ends: int) -> Document:
    """Return what stores progress, and the name of the call that did."""
    text = subscription_documents.encode_progress(saved.progress)
    stored = subscribing.marks(saved.progress) | {"progress": text, "saved": name}
    if saved.is_released:
        return {"$set": stored | {"lease_ends_ms": 0}, "$unset": {"holder": "", "lease": ""}}
    return {"$set": stored | {"lease_ends_ms": ends}}


def _held(document: Document, released: set[str]) -> Held:
    """Return what the holder is told: that retries are called for only where it goes on."""
    is_hurried = "hurried" in document and id_of(document["_id"]) not in released
    return Held(int(document["version"]), is_hurried)
