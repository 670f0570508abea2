"""The outboxes of queues: each verb that writes is one transaction."""

from collections.abc import Mapping, Sequence
from functools import partial

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import Held, Lease, NewMessage, Notice, QueueKey, Saved, Standing
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.sql.messages import leases, notices, sources, unsubscribing
from zaqar.storage.sql.messages.encoding import encode_notice
from zaqar.storage.sql.messages.subscribing import IS_NAMED, named
from zaqar.storage.sql.schema import DELIVERIES
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, constant

_PROGRESS = Statement(sa.select(*leases.PROGRESS).select_from(leases.WITH_PROGRESS).where(*IS_NAMED))
_NAMED = Statement(sa.select(DELIVERIES.c.subscription).select_from(leases.WITH_PROGRESS).where(*IS_NAMED))
_HURRY = Statement(
    sa.update(DELIVERIES)
    .where(DELIVERIES.c.subscription == sa.bindparam("at"))
    .values(is_hurried=constant(1), wakes_ms=constant(0))
)


class QueueDeliveries(contract.Deliveries):
    """The outboxes in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sources(self) -> Sequence[QueueKey]:
        """Return the queues whose log is not empty."""
        return self._database.read(notices.with_notices)

    def lease(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Sequence[Lease]:
        """Take what has work. It is asked first whether anything has: to wait for the turn to write costs more."""

        def question(session: Session) -> bool:
            return leases.has_work(session, queue, self._database.clock.microseconds() // 1000)

        def step(transaction: Transaction) -> Sequence[Lease]:
            source = sources.find(transaction, queue)
            unsubscribing.remove_ended_in(transaction, source)
            notices.trim(transaction, source)
            return leases.take(transaction, source, leases.Terms(holder, seconds), limit)

        if not self._database.read(question):
            return []
        try:
            return self._database.write(step)
        except QueueNotFound:  # the source went after the question
            return []

    def notices(self, queue: QueueKey, *, after: int, most_bytes: int) -> Sequence[Notice]:
        """Return what lies behind a position."""
        return self._database.read(partial(notices.behind, queue=queue, after=after, most_bytes=most_bytes))

    def save(self, queue: QueueKey, *, holder: str, seconds: float, saved: Sequence[Saved]) -> Mapping[str, Held]:
        """Store progress, and trim the log."""

        def step(transaction: Transaction) -> Mapping[str, Held]:
            source = sources.find(transaction, queue)
            held = leases.save(transaction, source, leases.Terms(holder, seconds), saved)
            notices.trim(transaction, source)
            return held

        try:
            return self._database.write(step)
        except QueueNotFound:
            return {}

    def address(self, queue: QueueKey, subscription_id: Id, message: NewMessage, *, token: str) -> None:
        """Leave a notice for one subscription."""

        def step(transaction: Transaction) -> None:
            notice = encode_notice(
                [message],
                first=transaction.allocate(1),
                source=sources.make(transaction, queue),
                now=transaction.now,
                token=token,
                purpose="question",
                subscription_id=format_id(*subscription_id),
            )
            transaction.add_notice(notice)

        self._database.write(step, adds=True)

    def standing(self, queue: QueueKey, subscription_id: Id) -> Standing:
        """Tell how far a subscription is."""

        def question(session: Session) -> Standing:
            with session.snapshot():
                row = session.row(_PROGRESS, named(session, queue, subscription_id))
                if row is None:
                    raise refusals.no_subscription()
                progress = leases.progress_of(row)
                return Standing(progress, notices.pending(session, queue, after=progress.high))

        return self._database.read(question)

    def hurry(self, queue: QueueKey, subscription_id: Id) -> None:
        """Let it wake at once."""

        def step(transaction: Transaction) -> None:
            if transaction.row(_NAMED, named(transaction, queue, subscription_id)) is None:
                raise refusals.no_subscription()
            transaction.run(_HURRY, {"at": subscription_id.position})

        self._database.write(step)
