"""The record of each queue, and what happens to all that is in the queue at once."""

import contextlib

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey, Stats
from zaqar.storage import contract
from zaqar.storage.sql.messages import due, lookup, statistics
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Transaction


class QueueRecords(contract.Records):
    """The records in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def create(self, queue: QueueKey) -> None:
        """Make the record of the queue."""
        self._database.write(lambda transaction: lookup.create(transaction, queue), adds=True)

    def delete(self, queue: QueueKey) -> None:
        """Remove the record, and with it what is not more than a batch; the sweep reclaims the rest."""

        def step(transaction: Transaction) -> None:
            record = lookup.drop(transaction, queue)
            if due.remove_all(transaction, record) < due.BATCH:
                lookup.forget(transaction, record)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def purge(self, queue: QueueKey) -> None:
        """Remove what is not more than a batch; where there is more, give the queue a new record."""

        def step(transaction: Transaction) -> None:
            record = lookup.known(transaction, queue)
            if due.remove_all(transaction, record) == due.BATCH:
                lookup.replace(transaction, queue)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters of the queue's record, and its ends."""
        self._settling.settle(queue)
        return self._database.read(lambda session: statistics.stats(session, queue))
