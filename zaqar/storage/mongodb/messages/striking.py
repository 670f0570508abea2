"""Removes posts that will not be published: their producer died, gave up or did not say in time that it is still at it.

Taking the post out of ``reservations`` decides; from then on its producer publishes nothing. Then a document in the
place of its token keeps out what has not been inserted yet, and what has been is removed.
"""

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar.storage.mongodb.messages.encoding import date_of
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import keys_of_post, token_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

MEMORY = 180
"""Seconds for which what takes the place of a struck post keeps out what its producer may still send, at least."""


def strike_late(session: Session, record: Record, now: int) -> bool:
    """Strike the posts that took too long or were given up, and finish what others began; tell whether there was any."""
    late = [
        post
        for post in record.document["reservations"]
        if post["deadline"] <= now or session.leases.is_abandoned(record.scope, post["by"])
    ]
    for post in late:
        strike(session, record.scope, post)
    for post in record.document["struck"]:  # somebody else was interrupted
        _remove(session, record.scope, post)
    return bool(late or record.document["struck"])


def strike(session: Session, scope: str, post: Document) -> None:
    """Strike a post, as it stands in the record, unless it was published; then remove what is there of it."""
    mine = {"by": post["by"]}
    change = {"$pull": {"reservations": mine}, "$push": {"struck": post}}
    if session.records.update(scope, {"reservations.by": post["by"]}, change) is not None:
        _remove(session, scope, post)


def _remove(session: Session, scope: str, post: Document) -> None:
    """Keep out what may still come of a struck post, remove what came, its notice too, and forget the post."""
    database = session.database
    token = {"_id": token_key(scope, post["token"]), "queue": scope, "by": post["by"]}
    memory = max(MEMORY, 3 * session.leases.longest)
    blocked = {"struck": True, "forget": date_of(session.clock.now() + memory)}
    try:
        known = database.run(
            lambda: database.messages.find_one_and_update(
                token, {"$set": blocked}, upsert=True, return_document=ReturnDocument.BEFORE
            )
        )
    except DuplicateKeyError:  # another post had used this token before, and nothing came of this one
        known = None
    if known is not None and "first" in known:
        keys = keys_of_post(scope, post["token"], first=known["first"], count=post["count"])
        database.run(lambda: database.messages.delete_many({"_id": {"$in": keys}, "queue": scope}))
    session.records.update(scope, {}, {"$pull": {"struck": {"by": post["by"]}}})
    session.leases.forget(scope, post["by"])
