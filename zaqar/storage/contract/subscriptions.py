"""Subscriptions to a queue or topic, its source."""

import abc
from collections.abc import Sequence

from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage.ids import Id


class Subscriptions(abc.ABC):
    """Who is to be told of what is posted to a queue. They outlive the queue's record, and its purge.

    A subscription that has ended is not there for any of these calls, and frees its subscriber. Subscribers are the same
    when their texts are. From the moment at which a subscription can be seen, every post leaves a notice in the queue's
    outbox until the subscription ends; what was posted before is not for it.
    """

    @abc.abstractmethod
    def create(self, queue: QueueKey, new: NewSubscription, *, token: str) -> tuple[Subscription, bool]:
        """Subscribe; return the subscription and True, or the one that this subscriber has, unchanged, and False.

        ``token``: the last 16 hex digits of its id, random. Raises ``QueueNotFound`` where there is no record of the queue.
        """

    @abc.abstractmethod
    def list(self, queue: QueueKey, *, marker: Id | None, limit: int) -> Sequence[Subscription]:
        """Return up to ``limit`` subscriptions after ``marker`` (an id, living or not), in the order of their ids (http S-3)."""

    @abc.abstractmethod
    def get(self, queue: QueueKey, subscription_id: Id) -> Subscription:
        """Return a subscription. Raises ``SubscriptionNotFound``."""

    @abc.abstractmethod
    def replace(self, queue: QueueKey, *, old: Subscription, new: Subscription, restarts: bool = False) -> None:
        """Store ``new`` provided the subscription is still ``old``, by its version; it then has the next version.

        With ``restarts`` it ends ``new.ttl`` seconds from now, else when it would have. ``id``, ``age`` and ``version`` of
        ``new`` are not looked at.

        Raises ``SubscriptionNotFound``; ``ChangedMeanwhile``; ``SubscriberTaken`` where another one has that subscriber.
        """

    @abc.abstractmethod
    def delete(self, queue: QueueKey, subscription_id: Id) -> None:
        """Remove a subscription and what was to be delivered to it. Silent when missing."""

    @abc.abstractmethod
    def delete_all(self, queue: QueueKey) -> None:
        """Remove every subscription made before the call, and what was to be delivered to them."""
