"""The subscriptions to a queue: each verb that writes is one transaction, or several where many are removed.

Index: ``subscriptions_listed``; an id leads to its row without one.
"""

import contextlib
import time
from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql.messages import due, sources, subscribing, unsubscribing
from zaqar.storage.sql.messages.subscribing import IS_NAMED, LIVES, SHOWN, decode, named
from zaqar.storage.sql.schema import SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, limited

_PAGE = Statement(
    limited(
        sa.select(*SHOWN)
        .where(SUBSCRIPTIONS.c.source == sources.ID, SUBSCRIPTIONS.c.position > sa.bindparam("marker"), LIVES)
        .order_by(SUBSCRIPTIONS.c.position)
    )
)
_ONE = Statement(sa.select(*SHOWN).where(*IS_NAMED))


class QueueSubscriptions(contract.Subscriptions):
    """The subscriptions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, queue: QueueKey, new: NewSubscription, *, token: str) -> tuple[Subscription, bool]:
        """Subscribe."""
        return self._database.write(lambda transaction: subscribing.create(transaction, queue, new, token), adds=True)

    def list(self, queue: QueueKey, *, marker: Id | None, limit: int) -> Sequence[Subscription]:
        """Return a page."""
        after = 0 if marker is None else marker.position

        def question(session: Session) -> list[Subscription]:
            rows = session.rows(_PAGE, {**queue._asdict(), "marker": after, "now": session.now, "limit": limit})
            return [decode(row, session.now) for row in rows]

        return self._database.read(question)

    def get(self, queue: QueueKey, subscription_id: Id) -> Subscription:
        """Return one."""

        def question(session: Session) -> Subscription:
            row = session.row(_ONE, named(session, queue, subscription_id))
            if row is None:
                raise refusals.no_subscription()
            return decode(row, session.now)

        return self._database.read(question)

    def replace(self, queue: QueueKey, *, old: Subscription, new: Subscription, restarts: bool = False) -> None:
        """Store another state of a subscription."""
        self._database.write(
            lambda transaction: subscribing.replace(transaction, queue, old, new, restarts=restarts), adds=True
        )

    def delete(self, queue: QueueKey, subscription_id: Id) -> None:
        """Remove one."""
        self._database.write(lambda transaction: subscribing.delete(transaction, queue, subscription_id))

    def delete_all(self, queue: QueueKey) -> None:
        """Remove a batch in each transaction, up to the last position that was given before the first of them."""
        last: int | None = None

        def step(transaction: Transaction) -> bool:
            nonlocal last
            last = transaction.last if last is None else last
            source = sources.find(transaction, queue)
            removed = unsubscribing.remove_up_to(transaction, source, last)
            sources.follow(transaction, source)
            return removed < unsubscribing.BATCH

        with contextlib.suppress(QueueNotFound):
            while not self._database.write(step):
                time.sleep(due.PAUSE)
