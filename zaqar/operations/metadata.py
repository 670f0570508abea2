"""The reserved metadata of queues and topics: what it may be, and what is shown (http Q-14 to Q-18, T-3)."""

from collections.abc import Mapping
from typing import Any

from zaqar.errors import Invalid
from zaqar.limits import MIN_MESSAGE_TTL, Limits, check_queue
from zaqar.models import Kind, QueueKey
from zaqar.operations.retry_policy import check_retry_policy


def complete(metadata: Mapping[str, Any], limits: Limits, kind: Kind) -> dict[str, Any]:
    """Return the metadata as it is shown: the reserved keys that are unset get their defaults (http Q-18)."""
    defaults = reserved(limits, kind)
    return {**metadata, **{key: default for key, default in defaults.items() if not metadata.get(key)}}


def reserved(limits: Limits, kind: Kind) -> dict[str, Any]:
    """Return the keys that every queue, or topic, shows, with their defaults."""
    of_posts = {
        "_max_messages_post_size": limits.max_messages_post_size,
        "_default_message_ttl": limits.default_message_ttl,
        "_default_message_delay": limits.default_message_delay,
    }
    if kind == "topic":  # compat: http T-3
        return of_posts
    return {
        **of_posts,
        "_dead_letter_queue": None,
        "_dead_letter_queue_messages_ttl": None,
        "_max_claim_count": None,
        "_enable_encrypt_messages": False,
    }


def check(queue: QueueKey, metadata: Mapping[str, Any], limits: Limits, *, can_encrypt: bool) -> None:
    """Refuse reserved values that mean nothing, and encryption where there is no key. Raises ``Invalid``."""
    _check_integer(metadata, "_default_message_ttl", least=MIN_MESSAGE_TTL, most=limits.max_message_ttl)
    _check_integer(metadata, "_max_messages_post_size", least=1, most=limits.max_messages_post_size)
    _check_integer(metadata, "_default_message_delay", least=0, most=limits.max_message_delay)
    _check_integer(metadata, "_max_claim_count")
    check_dead_letters(queue, metadata, limits)
    _check_discard(metadata)
    _check_encryption(metadata.get("_enable_encrypt_messages"), can_encrypt=can_encrypt)
    check_retry_policy(metadata.get("_retry_policy"))


def _check_integer(metadata: Mapping[str, Any], key: str, *, least: int | None = None, most: int | None = None) -> None:
    value = metadata.get(key)
    if value is None:
        return
    if type(value) is not int:  # True is an int to isinstance (http O-49)
        raise Invalid(f"{key} must be an integer.")
    if (least is not None and value < least) or (most is not None and value > most):
        raise Invalid(f"{key} must be between {least} and {most}, both included; it is {value}.")


def check_dead_letters(queue: QueueKey, given: Mapping[str, Any], limits: Limits) -> None:
    """Refuse a place for dead letters of a queue that is none, in metadata or in the options of a subscription. Raises ``Invalid``."""
    _check_integer(given, "_dead_letter_queue_messages_ttl", least=MIN_MESSAGE_TTL, most=limits.max_message_ttl)
    _check_dead_letter_queue(queue, given.get("_dead_letter_queue"))


def _check_dead_letter_queue(queue: QueueKey, name: object) -> None:
    """Refuse what cannot be a queue, and a queue that is its own dead-letter queue (http Q-14)."""
    if name is None:
        return
    if not isinstance(name, str):
        raise Invalid("_dead_letter_queue must be the name of a queue.")
    target = QueueKey(queue.project, name)
    try:
        check_queue(target)
    except Invalid as error:
        raise Invalid(f"_dead_letter_queue: {error}") from error
    if target == queue:
        raise Invalid("_dead_letter_queue must name another queue.")


def _check_discard(metadata: Mapping[str, Any]) -> None:
    """Refuse to throw away what is to be kept in another queue (http Q-14)."""
    value = metadata.get("_discard")
    if value is None:
        return
    if not isinstance(value, bool):
        raise Invalid("_discard must be a boolean.")
    if value and metadata.get("_dead_letter_queue"):
        raise Invalid("_discard cannot be true together with _dead_letter_queue: that queue is to keep the messages.")


def _check_encryption(value: object, *, can_encrypt: bool) -> None:
    if not value:
        return
    if value is not True:
        raise Invalid("_enable_encrypt_messages must be a boolean.")
    if not can_encrypt:
        raise Invalid(
            "_enable_encrypt_messages cannot be true: the operator has set no key for the bodies of messages."
        )
