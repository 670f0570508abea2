"""Things that tests need, with every detail a test does not care about filled in."""

import secrets
from typing import Any

from zaqar.models import DeadLetterRule, Kind, NewMessage, NewSubscription, QueueKey


def new_token() -> str:
    """Return the token of one post: 16 random hex digits."""
    return secrets.token_hex(8)


def queue_key(*, project: str | None = None, name: str | None = None, kind: Kind = "queue") -> QueueKey:
    """Return the key of a queue that no other test uses."""
    return QueueKey(
        project=f"project-{secrets.token_hex(6)}" if project is None else project,
        name=f"queue-{secrets.token_hex(6)}" if name is None else name,
        kind=kind,
    )


def new_message(
    body: bytes = b'{"event": "backup"}', *, ttl: int = 3600, delay: int = 0, checksum: str | None = None
) -> NewMessage:
    """Return a message ready to be stored."""
    return NewMessage(body=body, ttl=ttl, delay=delay, checksum=checksum)


def numbered_messages(count: int, *, first: int = 0, ttl: int = 3600, delay: int = 0) -> list[NewMessage]:
    """Return messages whose bodies are the numbers from ``first`` on."""
    return [new_message(str(number).encode(), ttl=ttl, delay=delay) for number in range(first, first + count)]


def dead_letter_rule(queue: QueueKey, *, max_claim_count: int = 1, ttl: int | None = None) -> DeadLetterRule:
    """Return the rule that sends what was claimed too often to ``queue``."""
    return DeadLetterRule(queue=queue, max_claim_count=max_claim_count, ttl=ttl)


def new_subscription(
    subscriber: str = "https://receiver.example/hook", *, ttl: int = 3600, options: dict[str, Any] | None = None
) -> NewSubscription:
    """Return a subscription ready to be stored."""
    return NewSubscription(subscriber, ttl, options or {}, "whsec_c2VjcmV0IG9mIGEgdGVzdA==")
