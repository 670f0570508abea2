"""Subscriptions, and what is on record of their deliveries, as JSON documents and back, the same for every transport."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from zaqar.errors import Invalid, NotAConfirmation
from zaqar.models import Failing, Outcome, QueueKey, Standing, Subscription
from zaqar.storage.ids import format_id
from zaqar.transport import json_text
from zaqar.transport.documents import Link, encode

MEMBERS = ("subscriber", "ttl", "options")
"""What a client says of a subscription; whatever else it sends is ignored (http S-5, S-19)."""

_MICROSECONDS = 1_000_000
_MILLISECONDS = 1000


def decode_new(data: bytes) -> dict[str, Any]:
    """Return what is wanted; no body wants nothing (http S-5)."""
    return _members(json_text.decode_object(data) if data else {})


def decode_changes(data: bytes) -> dict[str, Any]:
    """Return what is to be changed (http S-19, S-22)."""
    document = json_text.decode_any(data) if data else {}
    if not document:
        raise Invalid(f"The body must have one of the members {', '.join(MEMBERS)}.")
    if not isinstance(document, dict):
        raise Invalid("Subscriptions must be a dict.")
    return _members(document)


def decode_confirmation(data: bytes) -> object:
    """Return what stands for ``confirmed``; None where nothing does (http S-27 to S-32)."""
    document = json_text.decode_any(data) if data else {}
    if not isinstance(document, dict):
        raise NotAConfirmation('The body must be an object, as in {"confirmed": true}.')
    return document.get("confirmed")


def created(subscription_id: str) -> bytes:
    """Encode the answer to who subscribes (http S-13)."""
    return encode({"subscription_id": subscription_id})


def subscription(source: QueueKey, shown: Subscription) -> bytes:
    """Encode a subscription (http S-1)."""
    return encode(_document(source, shown))


def subscriptions(source: QueueKey, shown: Sequence[Subscription], links: list[Link]) -> bytes:
    """Encode a page of subscriptions (http S-2, S-3)."""
    return encode({"subscriptions": [_document(source, one) for one in shown], "links": links})


def secret(shown: Subscription) -> bytes:
    """Encode what signs, and what signs along for a while after a rotation (http S-43)."""
    document = {"secret": shown.secret}
    if shown.former_secret is not None:
        document |= {"former_secret": shown.former_secret, "former_secret_ends": _time(shown.former_secret_ends)}
    return encode(document)


def deliveries(subscription_id: str, shown: Standing) -> bytes:
    """Encode what is on record of the deliveries to a subscription, the latest outcome first (http S-45)."""
    progress = shown.progress
    document = {
        "subscription_id": subscription_id,
        "attempted_until": _time(progress.high // _MICROSECONDS),
        "pending": shown.pending,
        "failing": [_failing(one) for one in progress.failing],
        "outcomes": [_outcome(one) for one in reversed(progress.outcomes)],
        "counts": {
            "delivered": progress.delivered,
            "failed_attempts": progress.failed_attempts,
            "given_up": progress.given_up,
        },
    }
    return encode(document)


def _members(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in MEMBERS if name in document}


def _document(source: QueueKey, shown: Subscription) -> dict[str, Any]:
    return {
        "id": shown.id,
        "source": source.name,
        "subscriber": shown.subscriber,
        "ttl": shown.ttl,
        "age": shown.age,
        "options": shown.options,
        "confirmed": shown.is_confirmed,
    }


def _failing(one: Failing) -> dict[str, Any]:
    return {
        "message_id": format_id(one.position, one.token),
        "attempts": one.attempts,
        "next_attempt": _time(one.next_ms // _MILLISECONDS),
        "last_answer": one.answer,
    } | _original(one)


def _outcome(one: Outcome) -> dict[str, Any]:
    return {
        "message_id": one.message_id,
        "outcome": "delivered" if one.is_delivered else "given up",
        "attempts": one.attempts,
        "at": _time(one.at),
        "reason": one.reason,
    } | _original(one)


def _original(one: Failing | Outcome) -> dict[str, str]:
    return {} if one.original_id is None else {"original_id": one.original_id}


def _time(seconds: int) -> str:
    """Return a second since 1970 as UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
