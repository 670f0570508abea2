"""What is known of dead letters, and the redrives that bring them back, as JSON documents and back, the same for every transport."""

from collections.abc import Sequence
from typing import Any

from zaqar.errors import Invalid
from zaqar.models import MessageDetails, Origin, Redrive
from zaqar.transport import json_text
from zaqar.transport.documents import encode, href, time

TERMS = ("to", "limit", "rate", "reason", "dry_run")
"""What a client says of a redrive."""


def decode_redrive(data: bytes) -> dict[str, Any]:
    """Return the terms that are given; no body gives none (http R-2)."""
    document = json_text.decode_object(data) if data else {}
    if not document.keys() <= set(TERMS):
        raise Invalid(f"The body may only have the members {', '.join(TERMS)}.")
    return document


def details(path: str, shown: MessageDetails) -> bytes:
    """Encode all that is known of a message but its body; ``path`` is that of the queue's messages (http M-52, M-53)."""
    message = shown.message
    document: dict[str, Any] = {
        "id": message.id,
        "href": href(path, message),
        "ttl": message.ttl,
        "age": message.age,
        "claim_count": message.claim_count,
        "claim_id": message.claim_id,
        "claimed_until": _time(shown.claimed_until),
        "due": _time(shown.due),
    }
    if shown.origin is not None:
        document |= _origin(shown.origin)
    return encode(_known(document))


def created(redrive: Redrive) -> bytes:
    """Encode the answer to who begins a redrive (http R-5)."""
    return encode({"redrive_id": redrive.id})


def redrive(shown: Redrive) -> bytes:
    """Encode a redrive (http R-8)."""
    return encode(_redrive(shown))


def redrives(shown: Sequence[Redrive]) -> bytes:
    """Encode the redrives of a queue (http R-7)."""
    return encode({"redrives": [_redrive(one) for one in shown]})


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "reason": origin.reason,
        "source": {origin.kind: origin.queue},
        "original_id": origin.message_id,
        "original_ttl": origin.ttl,
        "subscription_id": origin.subscription_id,
        "attempts": origin.attempts,
        "answer": origin.answer or None,
        "dead_letter_at": time(origin.at),
        "redriven": origin.redriven,
    }


def _redrive(shown: Redrive) -> dict[str, Any]:
    terms = shown.terms
    document = {
        "id": shown.id,
        "state": shown.state,
        "to": terms.to,
        "limit": terms.limit,
        "rate": terms.rate,
        "reason": terms.reason,
        "dry_run": terms.is_dry_run,
        "would_move" if terms.is_dry_run else "moved": shown.moved,
        "skipped": shown.skipped,
        "created": time(shown.created),
        "ended": _time(shown.ended),
    }
    return _known(document)


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else time(seconds)


def _known(document: dict[str, Any]) -> dict[str, Any]:
    """Return the members that have a value."""
    return {name: value for name, value in document.items() if value is not None}
