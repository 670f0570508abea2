"""Subscriptions and deliveries with the arguments filled in that a test does not care about."""

from tests.builders import new_token
from zaqar.models import NewSubscription, Notice, Progress, QueueKey, Saved, Subscription
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named

HOLDER = "notifier-1"


def new_subscription(subscriber: str = "http://a.example/", *, ttl: int = 3600, **options) -> NewSubscription:
    """Return a subscription ready to be stored."""
    return NewSubscription(subscriber, ttl, options, secret="whsec_c2VjcmV0")


def subscribe(
    store: MessageStore, queue: QueueKey, subscriber: str = "http://a.example/", *, ttl: int = 3600
) -> Subscription:
    """Subscribe and return the subscription."""
    return store.subscriptions.create(queue, new_subscription(subscriber, ttl=ttl), token=new_token())[0]


def noticed(store: MessageStore, queue: QueueKey, *, after: int = 0, most_bytes: int = 1 << 20) -> list[Notice]:
    """Return the notices."""
    return list(store.deliveries.notices(queue, after=after, most_bytes=most_bytes))


def noticed_ids(store: MessageStore, queue: QueueKey) -> list[str]:
    """Return the ids of the messages that notices tell of."""
    return [
        f"{notice.first + index:014x}{notice.token}"
        for notice in noticed(store, queue)
        for index in range(len(notice.messages))
    ]


def lease(store: MessageStore, queue: QueueKey, *, holder: str = HOLDER, limit: int = 100):
    """Lease and return the leases."""
    return list(store.deliveries.lease(queue, holder=holder, seconds=3, limit=limit))


def save(store: MessageStore, queue: QueueKey, subscription: Subscription, progress: Progress, *, holder: str = HOLDER):
    """Save and return what was held."""
    saved = [Saved(subscription.id, progress)]
    return store.deliveries.save(queue, holder=holder, seconds=3, saved=saved)


def deliver_all(store: MessageStore, queue: QueueKey) -> list[str]:
    """Deliver to every subscription whatever waits; return the bodies in order, each with its subscriber."""
    seen = []
    for each in lease(store, queue):
        found = noticed(store, queue, after=each.progress.high)
        told = [notice for notice in found if notice.subscription_id in (None, each.subscription.id)]
        seen += [(each.subscription.subscriber, int(m.body)) for notice in told for m in notice.messages]
        save(store, queue, each.subscription, Progress(max(notice.last for notice in found)))
    return seen


def standing(store: MessageStore, queue: QueueKey, subscription: Subscription):
    """Return how far a subscription is."""
    return store.deliveries.standing(queue, named(subscription.id))
