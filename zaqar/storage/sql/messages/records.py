"""The record of each queue, and what happens to all that is in the queue at once."""

import contextlib

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey, Stats
from zaqar.storage import contract
from zaqar.storage.sql.messages import lookup, redrive_rows, removal, statistics
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.schema import RECORDS
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Statement

_CREATE = Statement(
    sa.insert(RECORDS).values(project=sa.bindparam("project"), kind=sa.bindparam("kind"), name=sa.bindparam("name"))
)

_CARRY = Statement(
    sa.update(RECORDS)
    .where(RECORDS.c.id == sa.bindparam("record"))
    .values(discarded=sa.bindparam("so_far"), begun_as=sa.bindparam("first"))
)


class QueueRecords(contract.Records):
    """The records in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def create(self, queue: QueueKey) -> None:
        """Make the record of the queue."""
        self._database.write(lambda transaction: create(transaction, queue), adds=True)

    def delete(self, queue: QueueKey) -> None:
        """Remove the record, and with it what is not more than a batch; the sweep reclaims the rest."""

        def step(transaction: Transaction) -> None:
            record = removal.drop(transaction, queue)
            redrive_rows.remove(transaction, record)
            if removal.remove_all(transaction, record) < removal.BATCH:
                removal.forget(transaction, record)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def purge(self, queue: QueueKey) -> None:
        """Remove what is not more than a batch; where there is more, give the queue a new record. A redrive ends."""

        def step(transaction: Transaction) -> None:
            record = lookup.known(transaction, queue)
            redrive_rows.cancel(transaction, record)
            if removal.remove_all(transaction, record) == removal.BATCH:
                _succeed(transaction, queue)

        with contextlib.suppress(QueueNotFound):
            self._database.write(step)

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters of the queue's record, and its ends."""
        self._settling.settle(queue)
        return self._database.read(lambda session: statistics.stats(session, queue))


def create(transaction: Transaction, queue: QueueKey) -> None:
    """Make the record unless there is one."""
    if transaction.row(lookup.FIND, queue._asdict()) is None:
        transaction.run(_CREATE, queue._asdict())


def _succeed(transaction: Transaction, queue: QueueKey) -> None:
    """Give the queue a new record, to which no message of the old one belongs, but what is known of the queue itself."""
    old = lookup.look(transaction, queue)
    first = lookup.begun_as(transaction, old.id)
    removal.drop(transaction, queue)
    create(transaction, queue)
    new = lookup.find(transaction, queue)
    transaction.run(_CARRY, {"record": new, "so_far": old.discarded, "first": first})
    redrive_rows.carry(transaction, old.id, to=new)
