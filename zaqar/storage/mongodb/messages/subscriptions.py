"""The subscriptions of the storage contract; those that change much are in a module of their own."""

from collections.abc import Sequence

from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage import contract
from zaqar.storage.ids import Id, format_id
from zaqar.storage.mongodb.messages import subscribing
from zaqar.storage.mongodb.messages.encoding import living
from zaqar.storage.mongodb.messages.scope import keys_of_subscriptions, scope_of, subscription_key
from zaqar.storage.mongodb.messages.session import Session


class QueueSubscriptions(contract.Subscriptions):
    """The subscriptions in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, queue: QueueKey, new: NewSubscription, *, token: str) -> tuple[Subscription, bool]:
        """Subscribe, unless this subscriber has."""
        return subscribing.create(self._session, queue, new, token)

    def list(self, queue: QueueKey, *, marker: Id | None, limit: int) -> Sequence[Subscription]:
        """Return a page."""
        database, scope, now = self._session.database, scope_of(queue), self._session.clock.now()
        after = "" if marker is None else format_id(*marker)
        wanted = {"_id": keys_of_subscriptions(scope, after), "queue": scope, "expires": living(now)}
        found = database.run(
            lambda: list(database.subscriptions.find(wanted, batch_size=limit).sort("_id", 1).limit(limit))
        )
        return [subscribing.subscription(each, now) for each in found]

    def get(self, queue: QueueKey, subscription_id: Id) -> Subscription:
        """Return one."""
        found = subscribing.find(self._session, scope_of(queue), format_id(*subscription_id))
        return subscribing.subscription(found, self._session.clock.now())

    def replace(self, queue: QueueKey, *, old: Subscription, new: Subscription, restarts: bool = False) -> None:
        """Change one."""
        subscribing.replace(self._session, queue, old, new, restarts=restarts)

    def delete(self, queue: QueueKey, subscription_id: Id) -> None:
        """Remove one, with its progress."""
        database, scope = self._session.database, scope_of(queue)
        wanted = {"_id": subscription_key(scope, format_id(*subscription_id)), "queue": scope}
        database.run(lambda: database.subscriptions.delete_one(wanted))

    def delete_all(self, queue: QueueKey) -> None:
        """Remove all."""
        database, scope = self._session.database, scope_of(queue)
        wanted = {"_id": keys_of_subscriptions(scope, ""), "queue": scope}
        database.run(lambda: database.subscriptions.delete_many(wanted))
