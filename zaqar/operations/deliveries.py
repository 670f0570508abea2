"""Deliveries to a subscription: show how far they are, and have what fails tried now."""

from zaqar.context import Context
from zaqar.models import QueueKey, Standing
from zaqar.news import News
from zaqar.operations.authorization import Authorization
from zaqar.operations.settings import KnownQueues
from zaqar.storage.ids import named


class Deliveries:
    """The verbs of what is on record of a subscription."""

    def __init__(self, *, known: KnownQueues, authorization: Authorization, news: News) -> None:
        self._known = known
        self._authorization = authorization
        self._news = news

    def get(self, context: Context, queue: QueueKey, subscription_id: str) -> Standing:
        """Return how far they are, what fails, and what became of the latest. Raises ``SubscriptionNotFound``."""
        self._authorization.check("subscription:get", context)
        return self._known.store_for(queue).deliveries.standing(queue, named(subscription_id))

    def retry(self, context: Context, queue: QueueKey, subscription_id: str) -> None:
        """Have what fails tried without waiting for its time. Raises ``SubscriptionNotFound``."""
        self._authorization.check("subscription:update", context)
        self._known.store_for(queue).deliveries.hurry(queue, named(subscription_id))
        self._news.tell_change(queue)
