"""``/v2/queues/{queue_name}/subscriptions`` and below, and the same of topics."""

import falcon
from falcon import Request, Response

from zaqar.errors import SubscriberTaken
from zaqar.limits import LARGEST_SUBSCRIPTION
from zaqar.models import QueueKey
from zaqar.operations.subscriptions import Subscriptions
from zaqar.transport import paths
from zaqar.transport import subscription_documents as documents
from zaqar.transport.wsgi import body, parameters
from zaqar.transport.wsgi.middleware import caller


class SubscriptionCollection:
    """Subscriptions to a queue."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def on_get(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """List them (http S-2, S-3)."""
        marker = parameters.text(req, "marker")
        limit = parameters.integer(req, "limit")
        page = self._subscriptions.list(caller(req), queue, marker=marker, limit=limit)
        path = paths.subscriptions(queue)
        links = parameters.next_link(path, marker=page[-1].id, given={"limit": limit}) if page else []
        resp.data = documents.subscriptions(queue, page, links)

    def on_post(self, req: Request, resp: Response, queue: QueueKey) -> None:
        """Subscribe (http S-5 to S-16)."""
        wanted = documents.decode_new(body.read(req, most=LARGEST_SUBSCRIPTION))
        path = paths.subscriptions(queue)
        try:
            made = self._subscriptions.create(caller(req), queue, **wanted)
        except SubscriberTaken:
            resp.set_header("Location", path)
            raise
        resp.status = falcon.HTTP_201
        resp.set_header("Location", path)  # compat: http S-13: not that of the subscription
        resp.data = documents.created(made)


class SubscriptionItem:
    """One subscription."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def on_get(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Show it (http S-17)."""
        resp.data = documents.subscription(queue, self._subscriptions.get(caller(req), queue, subscription_id))

    def on_patch(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Change it (http S-19 to S-26)."""
        changes = documents.decode_changes(body.read(req, most=LARGEST_SUBSCRIPTION))
        self._subscriptions.update(caller(req), queue, subscription_id, **changes)
        resp.status = falcon.HTTP_204
        resp.set_header("Location", paths.subscription(queue, subscription_id))

    def on_delete(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Unsubscribe (http S-18)."""
        self._subscriptions.delete(caller(req), queue, subscription_id)
        resp.status = falcon.HTTP_204


class SubscriptionConfirm:
    """The subscriber's answer to the question whether it wants to be sent messages."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def on_put(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Confirm the subscription, or take the confirmation back (http S-27 to S-34)."""
        confirmed = documents.decode_confirmation(body.read(req, most=LARGEST_SUBSCRIPTION))
        self._subscriptions.confirm(caller(req), queue, subscription_id, confirmed)
        resp.status = falcon.HTTP_204
        resp.set_header("Location", f"{paths.subscription(queue, subscription_id)}/confirm")


class SubscriptionSecret:
    """The secret with which the webhooks of a subscription are signed."""

    def __init__(self, subscriptions: Subscriptions) -> None:
        self._subscriptions = subscriptions

    def on_get(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Show it (http S-43)."""
        resp.data = documents.secret(self._subscriptions.secret(caller(req), queue, subscription_id))
        resp.set_header("Cache-Control", "no-store")

    def on_post(self, req: Request, resp: Response, queue: QueueKey, subscription_id: str) -> None:
        """Make another one (http S-44)."""
        resp.data = documents.secret(self._subscriptions.rotate(caller(req), queue, subscription_id))
        resp.set_header("Cache-Control", "no-store")
