"""``/v2/queues/{queue_name}/subscriptions/{subscription_id}/deliveries`` and below, and the same of topics."""

import falcon
from falcon import Request, Response

from zaqar.models import QueueKey
from zaqar.operations.deliveries import Deliveries
from zaqar.transport import subscription_documents as documents
from zaqar.transport.wsgi.middleware import caller


class SubscriptionDeliveries:
    """What is on record of the deliveries to a subscription."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def on_get(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Show it (http S-45)."""
        standing = self._deliveries.get(caller(req), queue, subscription_id)
        resp.data = documents.deliveries(subscription_id, standing)


class SubscriptionRetry:
    """The deliveries to a subscription that failed and wait for their next attempt."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def on_post(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Let them be attempted now (http S-46)."""
        self._deliveries.retry(caller(req), queue, subscription_id)
        resp.status = falcon.HTTP_204
