"""What is sent to a webhook: the body, made of bytes that are never parsed, and the headers (notifications N-13 to N-20)."""

import base64
import binascii
import hmac
from collections.abc import Mapping

import msgspec

from zaqar.models import NoticedMessage, QueueKey, Subscription

_PLACE = b'"$zaqar_message$"'
"""What a template has where the message goes, its quotation marks included (N-17)."""

_FORM_OF_SECRETS = "whsec_"
_OF_THE_SERVICE = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_OF_THE_SIGNATURE = "webhook-"

_encode = msgspec.json.encode


def notification(queue: QueueKey, message: NoticedMessage, body: bytes) -> bytes:
    """Return the JSON text of a message; ``body`` is what was posted, and stands in it as it was (N-15)."""
    delay = b', "delay": %d' % message.delay if message.delay else b""
    return b'{"body": %b, "ttl": %d%b, "Message_Type": "Notification", "queue_name": %b}' % (
        body,
        message.ttl,
        delay,
        _encode(queue.name),
    )


def in_template(options: Mapping[str, object], text: bytes) -> bytes:
    """Return what is sent: the text, or the subscription's template with the text in its places."""
    template = options.get("post_data")
    return template.encode(errors="replace").replace(_PLACE, text) if isinstance(template, str) else text


def headers(options: Mapping[str, object]) -> dict[str, str]:
    """Return the headers that a subscription asks for, with the type of the content first (N-14).

    Those that carry the message are the service's: what was stored before they were refused is not sent.
    """
    found = {"content-type": ("Content-Type", "application/json")}
    asked = options.get("post_headers")
    for name, value in asked.items() if isinstance(asked, Mapping) else ():
        if isinstance(name, str) and isinstance(value, str) and may_be_set(name) and _is_one_line(name + value):
            found[name.lower()] = (name, value)
    return dict(found.values())


def may_be_set(name: str) -> bool:
    """Tell whether a subscription may say what this header has."""
    return name.lower() not in _OF_THE_SERVICE and not name.lower().startswith(_OF_THE_SIGNATURE)


def signing_keys(subscription: Subscription, now: int) -> tuple[bytes, ...]:
    """Return with what to sign for a subscription: its secret, and while it lasts the one before."""
    former = subscription.former_secret if subscription.former_secret_ends > now else None
    return tuple(_key(secret) for secret in (subscription.secret, former) if secret is not None)


def signed(message_id: str, now: int, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """Return the headers of Standard Webhooks, by which a receiver knows a message, its age and its sender."""
    text = b"%b.%d.%b" % (message_id.encode(), now, body)
    signatures = (base64.b64encode(hmac.digest(key, text, "sha256")).decode() for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    text = secret.removeprefix(_FORM_OF_SECRETS)
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:  # not made by the service
        return text.encode(errors="replace")


def _is_one_line(text: str) -> bool:
    return not any(character in text for character in "\r\n\0")
