"""Posting: the steps are to reserve positions on the queue's record, to insert, to publish (storage R2.3.4).

Between the first step and the last the post stands in the record's ``reservations``, and readers stop before it, so a
batch appears whole and in order. Each step may be repeated after a lost answer.

The document that remembers the token is inserted first, in one ordered command with the messages. So where it is
missing nothing of the post is there, and where somebody else has put it nothing of the post can come any more.
"""

import dataclasses
import time
from collections.abc import Sequence

from pymongo.errors import BulkWriteError, PyMongoError

from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import QueueKey
from zaqar.storage import tokens
from zaqar.storage.ids import format_id, new_token
from zaqar.storage.mongodb.messages.encoding import date_of
from zaqar.storage.mongodb.messages.leases import LEASE
from zaqar.storage.mongodb.messages.record import SETTLE_INTERVAL, Record
from zaqar.storage.mongodb.messages.scope import keys_of_post, message_key, scope_of, token_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.striking import strike, strike_late
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.mongodb.server.failure import DUPLICATE_KEY, codes

FIRST_GLANCE, LAST_GLANCE = 0.005, 0.2
"""Seconds before looking again whether another post with the same token has ended: first, and at most."""


@dataclasses.dataclass(frozen=True)
class Post:
    """One attempt to post; ``nonce`` tells it from others with the same token."""

    queue: QueueKey
    drafts: Sequence[Document]
    token: str
    memory: int
    lease: int
    nonce: str = dataclasses.field(default_factory=new_token)

    @property
    def scope(self) -> str:
        """Return the scope of the queue."""
        return scope_of(self.queue)

    @property
    def due(self) -> int | None:
        """Return when the first of the messages falls due; None where none is delayed."""
        return min((draft["until"] for draft in self.drafts if "until" in draft), default=None)

    def keys(self, first: int) -> list[str]:
        """Return the keys of the messages."""
        return keys_of_post(self.scope, self.token, first=first, count=len(self.drafts))


def post(session: Session, queue: QueueKey, drafts: Sequence[Document], token: str, *, memory: int) -> list[str]:
    """Append messages once for each token, which is remembered for ``memory`` seconds; return their ids.

    Raises ``QueueNotFound``.
    """
    name, lease = token, LEASE
    while (first := _attempt(session, Post(queue, drafts, name, memory, lease))) is None:
        # Struck, as it took too long. Whoever repeats this post comes by the same names.
        name = tokens.derived(name.encode())
        lease = session.leases.longer(lease)
    return [format_id(first + index, name) for index in range(len(drafts))]


def reserve(session: Session, post: Post) -> int:
    """Take positions, the first step; return the first of them.

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
            return before.next
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
    placed = [
        {"_id": message_key(post.scope, format_id(position, post.token)), "queue": post.scope, "position": position}
        | draft
        for position, draft in enumerate(post.drafts, first)
    ]
    if _is_inserted(session, [remembered, *placed], ordered=True):
        return None
    known = _token(session, post)
    if known is None or known["by"] != post.nonce or "struck" in known:
        return known or {"struck": True}
    _is_inserted(session, placed, ordered=False)  # the rest of an attempt of which the answer was lost
    return None


def publish(session: Session, post: Post, first: int) -> int | None:
    """Let the messages be seen, the last step; return their first position, or None where the post was struck."""
    change: Document = {"$pull": {"reservations": {"by": post.nonce}}, "$inc": {"total": len(post.drafts)}}
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


def _attempt(session: Session, post: Post) -> int | None:
    """Post, while the lease is renewed; return the first position, or None where the post was struck."""
    with session.leases.held(post.scope, post.nonce, seconds=post.lease):
        try:
            return _steps(session, post)
        except Unavailable:
            session.leases.abandon(post.scope, post.nonce)
            raise
        except PyMongoError:  # a mistake of ours, or of the operator: it must not keep readers waiting
            strike(session, post.scope, _entry(session, post, now=session.clock.now()))
            raise


def _steps(session: Session, post: Post) -> int | None:
    first = reserve(session, post)
    known = insert(session, post, first)
    if known is None:
        return publish(session, post, first)
    record = _give_back(session, post)
    # What an earlier life of the queue had under this token went with it.
    is_past = record is not None and int(known.get("first", 0)) < record.born
    return None if "struck" in known or is_past else int(known["first"])


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
    is_there = known is not None and known["by"] == post.nonce and "struck" not in known
    is_gone = record is None or record.is_deleted
    is_open = record is not None and any(other["by"] == post.nonce for other in record.open)
    if record is not None and is_there and not is_gone and not is_open and record.floor <= first:
        return first  # published by an attempt of which the answer was lost
    keys = {"$in": post.keys(first)}
    database.run(lambda: database.messages.delete_many({"_id": keys, "queue": post.scope}))
    if record is None or is_gone:
        database.run(lambda: database.messages.delete_one(_of_token(post) | {"by": post.nonce}))
        raise QueueNotFound(post.queue)
    if is_there and record.born <= first < record.floor:
        _give_back(session, post)  # purged before anybody saw it, which is as good as after that
        return first
    return None


def _give_back(session: Session, post: Post) -> Record | None:
    """Take back a reservation of which nothing is to be seen; return the record."""
    return session.records.update(post.scope, {}, {"$pull": {"reservations": {"by": post.nonce}}})


def _token(session: Session, post: Post) -> Document | None:
    return session.database.run(lambda: session.database.messages.find_one(_of_token(post)))


def _of_token(post: Post) -> Document:
    return {"_id": token_key(post.scope, post.token), "queue": post.scope}
