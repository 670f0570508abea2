"""Subscriptions: as they are made, and as they are."""

from collections.abc import Sequence
from typing import Any

import msgspec


class NewSubscription(msgspec.Struct, frozen=True):
    """A subscription as it is stored: everything decided."""

    subscriber: str
    """The URI, as given."""
    ttl: int
    options: dict[str, Any]
    secret: str
    """Signs what is sent to a webhook, in the form of Standard Webhooks: ``whsec_`` and base64."""


class Subscription(msgspec.Struct, frozen=True):
    """Who is told of what is posted to a queue or topic, its source."""

    id: str
    """Of the service's form; its position is the microsecond of the creation."""
    subscriber: str
    ttl: int
    age: int
    """Since the creation."""
    options: dict[str, Any]
    secret: str
    is_confirmed: bool = False
    has_left: bool = False
    """Whether the subscriber has said that he wants nothing; false for one who has not answered yet."""
    confirmations: Sequence[int] = ()
    """When the signatures of the confirmations end that were sent since the subscriber changed, at most ten; a negative number is the
    end of the last that was sent before."""
    former_secret: str | None = None
    """The secret before the last rotation, which signs along until ``former_secret_ends``."""
    former_secret_ends: int = 0
    version: int = 0
    """Goes up with each change."""
