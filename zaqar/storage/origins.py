"""Where dead letters come from, as every backend keeps it: one text beside the message, which no store looks into."""

import msgspec

from zaqar.models import Origin, QueueKey, RedriveTerms

_encode = msgspec.json.Encoder().encode
_origins = msgspec.json.Decoder(Origin)


def encode_origin(origin: Origin) -> bytes:
    """Return the text of an origin: JSON without blanks and without line feeds."""
    return _encode(origin)


def decode_origin(text: bytes | None) -> Origin | None:
    """Return the origin of a text; None where a message has none."""
    return None if text is None else _origins.decode(text)


def claimed_too_often(
    before: Origin | None, queue: QueueKey, *, message_id: str, count: int, ttl: int, now: int
) -> Origin:
    """Return the origin of a message that leaves its queue now, as it was claimed ``count`` times; ``ttl`` is the one it had there."""
    return Origin(
        queue=queue.name,
        kind=queue.kind,
        reason="max_claim_count",
        attempts=count,
        at=now,
        ttl=ttl,
        message_id=message_id,
        redriven=0 if before is None else before.redriven,
    )


def given_up(before: Origin | None, now: Origin) -> Origin:
    """Return the origin of what a subscription did not take: ``now``, with where it stood first where it was brought back to it."""
    if before is None:
        return now
    return msgspec.structs.replace(now, message_id=before.message_id, ttl=before.ttl, redriven=before.redriven)


def redriven(origin: Origin | None) -> Origin | None:
    """Return the origin of a message that is brought back."""
    return None if origin is None else msgspec.structs.replace(origin, redriven=origin.redriven + 1)


def is_chosen(origin: Origin | None, terms: RedriveTerms) -> bool:
    """Tell whether a redrive with these terms is to move a message, so far as its origin tells."""
    if origin is None:
        return terms.to is not None and terms.reason is None
    return terms.reason is None or origin.reason == terms.reason


def target(origin: Origin | None, terms: RedriveTerms, project: str) -> QueueKey:
    """Return the queue that a chosen message moves to, or in whose outbox it is left for a subscription."""
    if terms.to is not None:
        return QueueKey(project, terms.to)
    if origin is None:
        raise ValueError("It is not chosen.")
    return QueueKey(project, origin.queue, origin.kind)


def addressee(origin: Origin | None, terms: RedriveTerms) -> str | None:
    """Return the id of the subscription that a chosen message is left for; None where it is posted."""
    return None if terms.to is not None or origin is None else origin.subscription_id
