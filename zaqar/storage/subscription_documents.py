"""Subscriptions and their progress as every backend keeps them: two texts that no store looks into.

What a store has to know of them, it keeps beside: of a subscription the id, the digest of the subscriber, the version and
the second of the end; of progress ``high``, ``low``, ``wakes_ms`` and ``is_full``. A field that a text lacks has its default,
so that a release reads what the one before it wrote.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from zaqar import clock
from zaqar.models import NewSubscription, Progress, Purpose, Redrive, Subscription


class _Content(msgspec.Struct, frozen=True, omit_defaults=True):
    subscriber: str
    ttl: int
    created: int
    secret: str
    options: dict[str, Any] = {}
    is_confirmed: bool = False
    confirmations: Sequence[int] = ()
    former_secret: str | None = None
    former_secret_ends: int = 0
    has_left: bool = False


_encoder = msgspec.json.Encoder()
_contents = msgspec.json.Decoder(_Content)
_progress = msgspec.json.Decoder(Progress)
_redrives = msgspec.json.Decoder(Redrive)

_EVERYBODY, _COPY, _REDELIVERY = "-", "+", "="


def digest(subscriber: str) -> str:
    """Return by what a queue's subscribers are told apart: 64 hex digits."""
    return hashlib.sha256(subscriber.encode(errors="surrogatepass")).hexdigest()


def new_content(new: NewSubscription, *, now: int) -> bytes:
    """Return the text of a subscription that is made now."""
    return _encoder.encode(_Content(new.subscriber, new.ttl, now, new.secret, new.options))


def changed_content(content: bytes, new: Subscription) -> bytes:
    """Return the text of a subscription that is replaced: what was stored gives the time of its creation."""
    return _encoder.encode(
        _Content(
            subscriber=new.subscriber,
            ttl=new.ttl,
            created=_contents.decode(content).created,
            secret=new.secret,
            options=new.options,
            is_confirmed=new.is_confirmed,
            confirmations=new.confirmations,
            former_secret=new.former_secret,
            former_secret_ends=new.former_secret_ends,
            has_left=new.has_left,
        )
    )


def subscription(subscription_id: str, version: int, content: bytes, *, now: int) -> Subscription:
    """Return the subscription of a text."""
    found = _contents.decode(content)
    return Subscription(
        id=subscription_id,
        subscriber=found.subscriber,
        ttl=found.ttl,
        age=clock.age(now, found.created),
        options=found.options,
        secret=found.secret,
        is_confirmed=found.is_confirmed,
        confirmations=found.confirmations,
        former_secret=found.former_secret,
        former_secret_ends=found.former_secret_ends,
        has_left=found.has_left,
        version=version,
    )


def audience_word(purpose: Purpose, subscription_id: str | None = None) -> str:
    """Return in a word without spaces what a notice is of, and for whom: at most 31 characters."""
    if purpose == "redelivery":
        return f"{_REDELIVERY}{subscription_id}"
    return _COPY if purpose == "copy" else subscription_id or _EVERYBODY


def audience(word: str) -> tuple[Purpose, str | None]:
    """Return what a notice with this word is of, and the subscription that it is for, if it is for one."""
    if word == _EVERYBODY:
        return "post", None
    if word == _COPY:
        return "copy", None
    is_redelivery = word.startswith(_REDELIVERY)
    return ("redelivery", word[1:]) if is_redelivery else ("question", word)


def encode_redrive(redrive: Redrive) -> bytes:
    """Return the text of a redrive."""
    return _encoder.encode(redrive)


def decode_redrive(text: bytes) -> Redrive:
    """Return the redrive of a text."""
    return _redrives.decode(text)


def encode_progress(progress: Progress) -> bytes:
    """Return the text of progress."""
    return _encoder.encode(progress)


def decode_progress(text: bytes) -> Progress:
    """Return the progress of a text."""
    return _progress.decode(text)
