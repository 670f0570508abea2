"""Subscribers of a kind that is not installed any more: their subscriptions stay, and what is sent to them fails."""

from collections.abc import Mapping
from typing import Any

from zaqar.errors import Invalid
from zaqar.models import QueueKey
from zaqar.notification.kinds.kind import Answer, Delivery, SubscriberKind


class Missing(SubscriberKind):
    """Delivers nothing."""

    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:  # noqa: ARG002
        """Refuse everything."""
        raise Invalid("There are no subscribers of this type.")

    async def deliver(self, delivery: Delivery) -> Answer:  # noqa: ARG002
        """Fail."""
        return Answer("no subscribers of this kind are installed")
