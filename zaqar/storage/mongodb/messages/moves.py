"""The way of messages out of their queue: to another one, into the outbox of a subscription, or away for good.

They leave the ready messages in one step, under the id of their move; they are posted with a token made of that id, which
is remembered for a day; then they are removed. Whoever repeats the steps after a crash, or at the same time, posts nothing
twice. Where the queue or the subscription that they belong to is gone they stay in the queue that they came from.

The field ``target`` of one that is leaving has:

queue         scope of the queue that it goes to. Of what is thrown away, its own: a release that knows only of dead letters
              would put it there again
ttl           the lifetime that starts with the move; none keeps the message's own
at            second at which it left
way           ``discarded`` or ``redriven``; absent where a claim moves it to the dead-letter queue
subscription  id of the only one that is to have it

Uses the index ``claims``.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Literal

from pymongo import UpdateMany

from zaqar.errors import QueueNotFound, SubscriptionNotFound
from zaqar.models import Origin
from zaqar.storage import origins, tokens
from zaqar.storage.ids import format_id, new_token, position_at
from zaqar.storage.mongodb.messages import posting, subscribing
from zaqar.storage.mongodb.messages.encoding import LEAVING, READY, date_of
from zaqar.storage.mongodb.messages.post import Post
from zaqar.storage.mongodb.messages.scope import id_of, place_of, queue_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

MEMORY = 86_400
"""Seconds for which the token of a move is remembered: how long an outage may be in the middle of it."""

LIFE = 30
"""Seconds after which others finish a move."""

MOST_COUNTED = 8
"""Moves of what was thrown away that a record remembers to have counted: of one, by those who repeat it at once."""

Way = Literal["dead letter", "discarded", "redriven"]

_COPIED = ("client", "body", "checksum")


@dataclasses.dataclass(frozen=True)
class Move:
    """Messages that leave their queue together, for one target: ``queue`` is a scope."""

    id: str
    keys: Sequence[str]
    queue: str
    way: Way = "dead letter"
    ttl: int | None = None
    subscription_id: str | None = None

    def target(self, now: int) -> Document:
        """Return what each message is told of where it goes."""
        found: Document = {"queue": self.queue, "ttl": self.ttl, "at": now}
        if self.way != "dead letter":
            found["way"] = self.way
        if self.subscription_id is not None:
            found["subscription"] = self.subscription_id
        return found


def new_id(session: Session) -> str:
    """Return the id of a move."""
    return format_id(position_at(session.clock.microseconds()), new_token())


def leave(session: Session, scope: str, moves: Sequence[Move]) -> int | None:
    """Let messages leave that are ready still, in one command; return how many did, None where an answer was lost."""
    database, now = session.database, session.clock.now()
    lost = list[bool]()
    done = database.run(
        lambda: database.messages.bulk_write([_leaving(scope, each, now) for each in moves], ordered=True),
        when_in_doubt=lambda: lost.append(True),
    )
    return None if lost else done.modified_count


def left(session: Session, scope: str, moves: Sequence[Move]) -> dict[str, list[Document]]:
    """Return what is leaving a queue in these moves, by their ids and in order."""
    wanted = {"claim": {"$in": [each.id for each in moves]}, "queue": scope, "state": LEAVING}
    database = session.database
    found = database.run(lambda: list(database.messages.find(wanted, batch_size=1000).sort("position", 1)))
    return {move.id: [each for each in found if each["claim"] == move.id] for move in moves}


def forward(session: Session, scope: str, move_id: str, found: Sequence[Document] | None = None) -> None:
    """Put what is leaving a queue in a move where it belongs, and remove it.

    ``found``: all of it, where it is known. Raises ``QueueNotFound`` and ``SubscriptionNotFound``.
    """
    database = session.database
    wanted = {"claim": move_id, "queue": scope, "state": LEAVING}
    if found is None:
        found = database.run(lambda: list(database.messages.find(wanted).sort("position", 1)))
    if not found:
        return
    target = found[0]["target"]
    if target.get("way") == "discarded":
        _count_discarded(session, scope, move_id, len(found))
    else:
        posting.post(session, _post(session, scope, move_id, target, found))
    gone = wanted | {"_id": {"$in": [each["_id"] for each in found]}}
    done = database.run(
        lambda: database.messages.delete_many(gone), when_in_doubt=lambda: session.counters.doubt(scope)
    )
    session.counters.add(scope, position=place_of(found[0]["_id"]).position, total=-done.deleted_count)


def take_back(session: Session, scope: str, move_id: str) -> None:
    """Let what is leaving a queue in a move stay there: it is ready again."""
    wanted = {"claim": move_id, "queue": scope, "state": LEAVING}
    change = {"$set": {"state": READY}, "$unset": {"claim": "", "until": "", "target": ""}}
    session.database.run(lambda: session.database.messages.update_many(wanted, change))


def finish(session: Session, scope: str, move_id: str) -> None:
    """Do what is left to do of a move that was broken off."""
    try:
        forward(session, scope, move_id)
    except (QueueNotFound, SubscriptionNotFound):
        take_back(session, scope, move_id)


def _leaving(scope: str, move: Move, now: int) -> UpdateMany:
    wanted = {"_id": {"$in": list(move.keys)}, "queue": scope, "state": READY}
    change = {"state": LEAVING, "claim": move.id, "until": now + LIFE, "target": move.target(now)}
    return UpdateMany(wanted, {"$set": change})


def _post(session: Session, scope: str, move_id: str, target: Document, found: Iterable[Document]) -> Post:
    """Return the post of messages to their target; nobody else is told. Raises ``SubscriptionNotFound``."""
    now, queue, token = session.clock.now(), queue_of(target["queue"]), tokens.derived(move_id.encode())
    drafts = [_fresh(scope, each, target, now) for each in found]
    addressee = target.get("subscription")
    if addressee is None:
        return Post(queue, drafts, token, MEMORY, is_silent=True)
    subscribing.find(session, target["queue"], addressee)
    return Post(queue, drafts, token, MEMORY, addressee=addressee, purpose="redelivery")


def _fresh(scope: str, document: Document, target: Document, now: int) -> Document:
    """Return the draft of a message that begins a new life, with its origin."""
    before = origins.decode_origin(document.get("origin"))
    ttl = document["ttl"] if target["ttl"] is None else target["ttl"]
    if target.get("way") == "redriven":
        origin = origins.redriven(before)
        ttl = ttl if before is None else before.ttl
    else:
        origin = _worn_out(before, scope, document, target.get("at", now))
    copied = {name: document[name] for name in _COPIED if name in document}
    if origin is not None:
        copied["origin"] = origins.encode_origin(origin)
    return {"state": READY, "created": now, "ttl": ttl, "expires": date_of(now + ttl)} | copied


def _worn_out(before: Origin | None, scope: str, document: Document, at: int) -> Origin:
    return origins.claimed_too_often(
        before,
        queue_of(scope),
        message_id=id_of(document["_id"]),
        count=document.get("claim_count", 0),
        ttl=document["ttl"],
        now=at,
    )


def _count_discarded(session: Session, scope: str, move_id: str, count: int) -> None:
    """Count what a move throws away, in the record, which remembers the last such moves: a repetition counts nothing."""
    change = {
        "$inc": {"discarded": count},
        "$push": {"discards": {"$each": [move_id], "$slice": -MOST_COUNTED}},
    }
    session.records.update(scope, {"discards": {"$ne": move_id}}, change)
