"""Posting: the steps are to reserve positions on the queue's record, to insert, to publish (storage R2.3.4).

Between the first step and the last the post stands in the record's ``reservations``, and readers stop before it, so a
batch appears whole and in order. Each step may be repeated after a lost answer.

The document that remembers the token is inserted first, in one ordered command with the messages. So where it is
missing nothing of the post is there, and where somebody else has put it nothing of the post can come any more.

Where the queue has subscribers, as the first step tells, the second inserts one document more, the notice. It goes where
the messages of a post that is struck go.
"""

import dataclasses
import time
from collections.abc import Sequence

from pymongo.errors import BulkWriteError, PyMongoError

from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import Posted
from zaqar.storage import tokens
from zaqar.storage.ids import format_id, new_token
from zaqar.storage.mongodb.messages.encoding import date_of
from zaqar.storage.mongodb.messages.post import Post
from zaqar.storage.mongodb.messages.record import SETTLE_INTERVAL, Record
from zaqar.storage.mongodb.messages.scope import token_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.striking import strike, strike_late
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.mongodb.server.failure import DUPLICATE_KEY, codes

FIRST_GLANCE, LAST_GLANCE = 0.005, 0.2
"""Seconds before looking again whether another post with the same token has ended: first, and at most."""


def post(session: Session, post: Post) -> Posted:
    """Append messages once for each token, which is remembered for ``memory`` seconds. Raises ``QueueNotFound``."""
    while (done := _attempt(session, post)) is None:
        # Struck, as it took too long. Whoever repeats this post comes by the same names.
        name, lease = tokens.derived(post.token.encode()), session.leases.longer(post.lease)
        post = dataclasses.replace(post, token=name, lease=lease, nonce=new_token())
    first, has_notice = done
    return Posted([format_id(first + index, post.token) for index in range(len(post.drafts))], has_notice)


def reserve(session: Session, post: Post) -> Record:
    """Take positions, the first step; return the record as it was before, of which ``next`` is the first of them.

    Waits while another post with the same token is under way, which raises ``Unavailable`` when it does not end.
    """
    ends = time.monotonic() + session.patience
    pause = FIRST_GLANCE
    while True:
        now = session.clock.now()
        due = now + SETTLE_INTERVAL
        change = {
            "$inc": {"next": len(post.drafts)},
            "$push": {"reservations": _entry(session, post, now=now)},
            "$min": {"due": due if post.due is None else min(due, post.due)},
        }
        unless_there = {"reservations.token": {"$ne": post.token}}
        before = session.records.update_returning_old(post.scope, unless_there, change)
        if before is not None:
            session.records.horizons.see_next(before)
            return before
        found = session.records.read(post.queue)
        if any(other["by"] == post.nonce for other in found.document["reservations"]):
            _give_back(session, post)  # the answer was lost, and with it what was reserved
        elif not strike_late(session, found, now):
            if time.monotonic() > ends:
                raise Unavailable("Another post of these messages has not ended.")
            time.sleep(pause)
            pause = min(2 * pause, LAST_GLANCE)


def insert(session: Session, post: Post, first: int) -> Document | None:
    """Insert the messages, the second step; return what is known of the token where another post had it."""
    remembered: Document = {
        "_id": token_key(post.scope, post.token),
        "queue": post.scope,
        "by": post.nonce,
        "first": first,
        "forget": date_of(session.clock.now() + post.memory),
    }
    placed = post.documents(first)
    if _is_inserted(session, [remembered, *placed], ordered=True):
        return None
    known = _token(session, post)
    if known is None or known["by"] != post.nonce or "struck" in known:
        return known or {"struck": True}
    _is_inserted(session, placed, ordered=False)  # the rest of an attempt of which the answer was lost
    return None


def publish(session: Session, post: Post, first: int) -> int | None:
    """Let the messages be seen, the last step; return their first position, or None where the post was struck."""
    change: Document = {"$pull": {"reservations": {"by": post.nonce}}, "$inc": {"total": len(post.placed)}}
    if post.due is not None and post.due < session.clock.now() + SETTLE_INTERVAL:
        # A settling that had looked before the messages came must not put off the next.
        change["$inc"]["hurried"] = 1
        change["$min"] = {"due": post.due}
    wanted = {"reservations.by": post.nonce, "floor": {"$lte": first}}
    record = session.records.update(post.scope, wanted, change)
    if record is None:
        return _late(session, post, first)
    session.records.horizons.see(record)
    return first


def _attempt(session: Session, post: Post) -> tuple[int, bool] | None:
    """Post, while the lease is renewed; return the first position, and whether there is a notice; None where it was struck."""
    with session.leases.held(post.scope, post.nonce, seconds=post.lease):
        try:
            return _steps(session, post)
        except Unavailable:
            session.leases.abandon(post.scope, post.nonce)
            raise
        except PyMongoError:  # a mistake of ours, or of the operator: it must not keep readers waiting
            strike(session, post.scope, _entry(session, post, now=session.clock.now()))
            raise


def _steps(session: Session, post: Post) -> tuple[int, bool] | None:
    before = reserve(session, post)
    post, first = post.after(before, session.clock.now()), before.next
    known = insert(session, post, first)
    if known is None:
        published = publish(session, post, first)
        return None if published is None else (published, post.has_notice)
    record = _give_back(session, post)
    # What an earlier life of the queue had under this token went with it.
    is_past = record is not None and int(known.get("first", 0)) < record.born
    return None if "struck" in known or is_past else (int(known["first"]), post.has_notice)


def _entry(session: Session, post: Post, *, now: int) -> Document:
    """Return how the post stands in the record: what it gets is known only when it has it."""
    after = session.records.horizons.next.get(post.scope)
    if after is None:  # the first post of this process here: with no bound, readers would stop at the beginning
        after = session.records.read(post.queue).next
    return {
        "token": post.token,
        "by": post.nonce,
        "count": len(post.drafts),
        "after": after,
        "deadline": now + post.lease,
    }


def _is_inserted(session: Session, documents: Sequence[Document], *, ordered: bool) -> bool:
    """Insert, and tell whether none of it was there."""
    try:
        session.database.run(lambda: session.database.messages.insert_many(documents, ordered=ordered))
    except BulkWriteError as error:
        if codes(error) != {DUPLICATE_KEY}:
            raise
        return False
    return True


def _late(session: Session, post: Post, first: int) -> int | None:
    """Find out why there was nothing to publish; return as publishing does."""
    database = session.database
    record, known = session.records.find(post.scope), _token(session, post)
    is_struck = record is not None and any(other["by"] == post.nonce for other in record.document["struck"])
    is_there = not is_struck and known is not None and known["by"] == post.nonce and "struck" not in known
    is_gone = record is None or record.is_deleted
    is_open = record is not None and any(other["by"] == post.nonce for other in record.open)
    if record is not None and is_there and not is_gone and not is_open and record.floor <= first:
        return first  # published by an attempt of which the answer was lost
    is_purged = record is not None and is_there and not is_gone and record.born <= first < record.floor
    # Purged before anybody saw it, which is as good as after that: subscribers are told of it all the same.
    keys = {"$in": post.keys(first)[: -1 if is_purged else None]}
    database.run(lambda: database.messages.delete_many({"_id": keys, "queue": post.scope}))
    if record is None or is_gone:
        database.run(lambda: database.messages.delete_one(_of_token(post) | {"by": post.nonce}))
        raise QueueNotFound(post.queue)
    if not is_purged:
        return None
    if is_open and _give_back(session, post, {"reservations.by": post.nonce}) is None:
        return _late(session, post, first)  # struck meanwhile, or the answer was lost
    return first


def _give_back(session: Session, post: Post, condition: Document | None = None) -> Record | None:
    """Take back a reservation of which nothing is to be seen; return the record."""
    return session.records.update(post.scope, condition or {}, {"$pull": {"reservations": {"by": post.nonce}}})


def _token(session: Session, post: Post) -> Document | None:
    return session.database.run(lambda: session.database.messages.find_one(_of_token(post)))


def _of_token(post: Post) -> Document:
    return {"_id": token_key(post.scope, post.token), "queue": post.scope}
