"""Notices: what the outbox of a queue has of each post (``doc/decisions/outbox.rst``).

_id          scope/notice/id of the last message               queue         scope
state        notice: in no range and no state that messages are looked for by
first, last  positions                                         token         of the post
created      second                                            lapses        date, an hour behind the end of its last message
messages     body, ttl and delay of each                       size          bytes of the bodies
for          id of the one subscription that it is for; empty where it is for all
purpose      what it is of, where that is a copy or a redelivery; absent of a post and, where it is for one, of a question

A notice comes with the messages of its post, and may be read once its post is published: before that, one with an earlier
position might still come. Uses the index ``notices`` on ``(queue, last, size, for)``.
"""

from collections.abc import Sequence

from zaqar.models import Notice, NoticedMessage, Purpose, QueueKey
from zaqar.storage.ids import format_id
from zaqar.storage.mongodb.messages.encoding import NOTICE, date_of
from zaqar.storage.mongodb.messages.record import BOUND, Record
from zaqar.storage.mongodb.messages.scope import notice_key, queue_of, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.schema import MESSAGES
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.origins import decode_origin

LIFE = 3600
"""Seconds that a notice is kept behind the end of its last message."""

MOST_AT_ONCE = 500
"""Notices that are read at once, at most."""

FOR_ALL = ""

_PLAIN = frozenset({"post", "question"})
"""What a notice without its purpose is of, by whether it is for all: as releases wrote it that knew no other."""

_PLACE = {"_id": 0, "last": 1, "size": 1}
"""What the index has of a notice."""


def document(
    scope: str, drafts: Sequence[Document], *, first: int, token: str, addressee: str, purpose: Purpose
) -> Document:
    """Return the notice of a post."""
    created, noticed = int(drafts[0]["created"]), _redelivered if purpose == "redelivery" else _noticed
    last = first + len(drafts) - 1
    made: Document = {
        "_id": notice_key(scope, format_id(last, token)),
        "queue": scope,
        "state": NOTICE,
        "first": first,
        "last": last,
        "token": token,
        "created": created,
        "for": addressee,
        "size": sum(len(each["body"]) for each in drafts),
        "messages": [noticed(each) for each in drafts],
        "lapses": date_of(created + max(int(each["ttl"]) for each in drafts) + LIFE),
    }
    return made if purpose in _PLAIN else made | {"purpose": purpose}


def sources(session: Session) -> Sequence[QueueKey]:
    """Return the queues that have a notice, published or not."""
    database = session.database
    # By a range of every key of the index, so that the server goes from one queue to the next in it.
    wanted = {"queue": {"$gt": ""}, "last": {"$gt": 0}}
    found = database.run(lambda: database.messages.distinct("queue", wanted))
    return [queue_of(scope) for scope in found]


def last_readable(session: Session, queue: QueueKey) -> int | None:
    """Return the last position that a notice tells of; None where the log has none to be read."""
    found = _places(session, queue, after=0, limit=1, direction=-1)
    return int(found[0]["last"]) if found else None


def last(session: Session, scope: str) -> int | None:
    """Return the position of the last notice, published or not."""
    wanted = {"queue": scope, "last": {"$gt": 0}}
    database = session.database
    found = database.run(lambda: database.messages.find_one(wanted, _PLACE, sort=[("last", -1)]))
    return None if found is None else int(found["last"])


def behind(session: Session, queue: QueueKey, *, after: int, most_bytes: int) -> Sequence[Notice]:
    """Return the first notices behind a position: how large they are is read first, so that not too much is fetched."""
    places = _places(session, queue, after=after, limit=MOST_AT_ONCE)
    if not places:
        return []
    fitting = {"queue": scope_of(queue), "last": {"$gt": after, "$lte": _last_fitting(places, most_bytes)}}
    database = session.database
    found = database.run(lambda: list(database.messages.find(fitting, batch_size=MOST_AT_ONCE).sort("last", 1)))
    return [_notice(each) for each in found]


def count(session: Session, queue: QueueKey, *, after: int, addressee: str, most: int) -> int:
    """Return how many notices behind a position are for a subscription, counted up to ``most``."""
    wanted = {"queue": scope_of(queue), "last": {"$gt": after}, "for": {"$in": [FOR_ALL, addressee]}}
    database = session.database
    return database.run(lambda: database.messages.count_documents(wanted, limit=most))


def remove(session: Session, scope: str, *, up_to: int) -> None:
    """Remove the notices up to a position."""
    wanted = {"queue": scope, "last": {"$gt": 0, "$lte": up_to}}
    session.database.run(lambda: session.database.messages.delete_many(wanted))


def _places(session: Session, queue: QueueKey, *, after: int, limit: int, direction: int = 1) -> Sequence[Document]:
    """Return where the first or last notices are that may be read, in one command, as candidates for messages are found.

    The record is read before them, so whatever it does not know as under way is there by then.
    """
    scope, database, records = scope_of(queue), session.database, session.records
    wanted: Document = {"queue": scope, "last": {"$gt": after}}
    below = wanted | {"$expr": {"$and": [{"$lt": ["$last", "$$bound"]}]}}
    found: list[Document] = [{"$match": below}, {"$sort": {"last": direction}}, {"$limit": limit}, {"$project": _PLACE}]
    stages: list[Document] = [
        {"$match": {"_id": scope}},
        {"$project": {"_id": 0, "record": "$$ROOT", "bound": {"$max": [records.horizons.bound.get(scope, 0), BOUND]}}},
        {"$lookup": {"from": MESSAGES, "let": {"bound": "$bound"}, "pipeline": found, "as": "places"}},
    ]
    seen = database.run(lambda: next(database.records.aggregate(stages), None))
    if seen is None:  # without a record nothing is under way
        return database.run(lambda: list(database.messages.find(wanted, _PLACE).sort("last", direction).limit(limit)))
    record = Record(scope, seen["record"])
    if not record.is_deleted:
        records.horizons.see(record)
    places: Sequence[Document] = seen["places"]
    return places


def _last_fitting(places: Sequence[Document], most_bytes: int) -> int:
    """Return the position of the last of the first notices that are not too large together."""
    last, size = int(places[0]["last"]), int(places[0]["size"])
    for place in places[1:]:
        size += int(place["size"])
        if size > most_bytes:
            break
        last = int(place["last"])
    return last


def _noticed(draft: Document) -> Document:
    delay = int(draft["until"]) - int(draft["created"]) if "until" in draft else 0
    return {"body": draft["body"], "ttl": draft["ttl"], "delay": delay}


def _redelivered(draft: Document) -> Document:
    return _noticed(draft) | ({"origin": draft["origin"]} if "origin" in draft else {})


def _message(noticed: Document) -> NoticedMessage:
    origin = decode_origin(noticed.get("origin"))
    return NoticedMessage(noticed["body"], int(noticed["ttl"]), int(noticed["delay"]), origin)


def _notice(document: Document) -> Notice:
    return Notice(
        first=int(document["first"]),
        token=document["token"],
        created=int(document["created"]),
        messages=[_message(each) for each in document["messages"]],
        subscription_id=document["for"] or None,
        purpose=document.get("purpose") or ("question" if document["for"] else "post"),
    )
