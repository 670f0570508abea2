"""Messages as documents.

_id          scope/id                     queue        scope               position     as in the id
state        see below                    until        second at which the state ends, of all but ready ones
created      second                       ttl          seconds             expires      date; moved by the grace of claims
client       id of the poster             checksum     if there is one     body         one JSON value, as posted
claim        id, while one holds it       claim_ttl    of that claim       claim_count  if claimed ever
mark         of the pop or the deletion that takes it                      target       of one leaving: see ``moves``
origin       text, of a dead letter or one that was brought back

While a message is leaving, ``claim`` is the id of its move.

Notices are in the same collection, in a state of their own and with none of these fields but ``queue``: see ``notices``.

A message is ready, delayed or claimed; for moments also popped or doomed (about to be deleted together with others) or
leaving (on its way to another queue, to a subscription, or away for good). Whatever a crash leaves in one of those states ends at ``until``, as a claim does.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from zaqar.clock import age
from zaqar.models import DeadLetterRule, Message, MessageDetails, NewMessage
from zaqar.storage.mongodb.messages.scope import id_of
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.origins import decode_origin, encode_origin

READY, DELAYED, CLAIMED, POPPED, DOOMED, LEAVING = "ready", "delayed", "claimed", "popped", "doomed", "leaving"

NOTICE = "notice"
"""The state of what is no message."""

VISIBLE = [READY, DELAYED, CLAIMED]
STATES = frozenset({READY, DELAYED, CLAIMED, POPPED, DOOMED, LEAVING})
COUNTED_AS_CLAIMED = frozenset({CLAIMED, DOOMED})

_LAST_SECOND = 253_402_300_799
"""The end of the year 9999, where dates end."""


@lru_cache(maxsize=1000)
def date_of(second: int) -> datetime:
    """Return a second as MongoDB keeps dates."""
    return datetime.fromtimestamp(min(second, _LAST_SECOND), UTC).replace(tzinfo=None)


def second_of(date: datetime) -> int:
    """Return a date as a second."""
    return int(date.replace(tzinfo=UTC).timestamp())


def draft(new: NewMessage, *, now: int, client_id: str) -> Document:
    """Return the document of a new message, all but its place."""
    document: Document = {
        "state": READY,
        "created": now,
        "ttl": new.ttl,
        "expires": date_of(now + new.ttl),
        "client": client_id,
        "body": new.body,
    }
    if new.delay:
        document |= {"state": DELAYED, "until": now + new.delay}
    if new.checksum is not None:
        document["checksum"] = new.checksum
    if new.origin is not None:
        document["origin"] = encode_origin(new.origin)
    return document


def is_claimed(document: Document, now: int) -> bool:
    """Tell whether a live claim holds the message."""
    return bool(document["state"] in COUNTED_AS_CLAIMED and document["until"] > now)


def is_worn(document: Document, rule: DeadLetterRule) -> bool:
    """Tell whether a message was claimed as often as the rule allows."""
    return bool(document.get("claim_count", 0) >= rule.max_claim_count)


def message(document: Document, now: int) -> Message:
    """Return the message that a document is."""
    return Message(
        id_of(document["_id"]),
        document["body"],
        document["ttl"],
        age(now, document["created"]),
        document["claim"] if is_claimed(document, now) else None,
        document.get("claim_count", 0),
        document.get("checksum"),
    )


def details(document: Document, now: int) -> MessageDetails:
    """Return all that is known of the message that a document is."""
    is_delayed = document["state"] == DELAYED and document["until"] > now
    return MessageDetails(
        message(document, now),
        claimed_until=int(document["until"]) if is_claimed(document, now) else None,
        due=int(document["until"]) if is_delayed else None,
        origin=decode_origin(document.get("origin")),
    )


def messages(documents: Iterable[Document], now: int) -> list[Message]:
    """Return the messages that documents are."""
    return [message(document, now) for document in documents]


def living(now: int) -> dict[str, Any]:
    """Return the condition on ``expires`` that every query has: reclaiming may lag behind (storage W-M8)."""
    return {"$gt": date_of(now)}


def ended(now: int) -> dict[str, Any]:
    """Return the opposite condition."""
    return {"$lte": date_of(now)}
