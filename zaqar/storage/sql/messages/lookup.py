"""The record of each queue: what lets messages be posted, and its counters."""

from typing import NamedTuple

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.sql.schema import CLAIMS, DELAYED, DROPPED, MESSAGES, POSITIONS, RECORDS
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, constant, limited

KEY = (
    (RECORDS.c.project == sa.bindparam("project"))
    & (RECORDS.c.kind == sa.bindparam("kind"))
    & (RECORDS.c.name == sa.bindparam("name"))
)
_NOW: sa.BindParameter[int] = sa.bindparam("now")
_DUE = sa.exists().where(
    MESSAGES.c.queue == RECORDS.c.id, MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= _NOW
)
_LAPSED = sa.exists().where(CLAIMS.c.queue == RECORDS.c.id, CLAIMS.c.expires <= _NOW)
IS_UNSETTLED = sa.or_(_DUE, _LAPSED)
_EXPIRED = sa.exists().where(MESSAGES.c.expires <= _NOW)

_FIND = Statement(sa.select(RECORDS.c.id).where(KEY))
_LOOK = Statement(sa.select(RECORDS.c.id, RECORDS.c.total, RECORDS.c.claimed, IS_UNSETTLED, _EXPIRED).where(KEY))
_CREATE = Statement(
    sa.insert(RECORDS).values(project=sa.bindparam("project"), kind=sa.bindparam("kind"), name=sa.bindparam("name"))
)
_DELETE = Statement(sa.delete(RECORDS).where(RECORDS.c.id == sa.bindparam("record")))
_DROP = Statement(sa.insert(DROPPED).values(id=sa.bindparam("record")))
_COUNT_DROP = Statement(
    sa.update(POSITIONS).where(POSITIONS.c.id == constant(1)).values(drops=POSITIONS.c.drops + constant(1))
)
_DROPPED = Statement(limited(sa.select(DROPPED.c.id)))
_FORGET = Statement(sa.delete(DROPPED).where(DROPPED.c.id == sa.bindparam("record")))


class Record(NamedTuple):
    """A queue's row: ``is_settled`` when no delay has elapsed and no claim lapsed without being noticed.

    ``has_expired`` when messages of any queue wait to be removed.
    """

    id: int
    total: int
    claimed: int
    is_settled: bool
    has_expired: bool


def find(session: Session, queue: QueueKey) -> int:
    """Return the id of the queue's record. Raises ``QueueNotFound``."""
    row = session.row(_FIND, queue._asdict())
    if row is None:
        raise QueueNotFound(queue)
    record: int = row[0]
    return record


def known(transaction: Transaction, queue: QueueKey) -> int:
    """Return the id of the queue's record, from memory where it is there. Raises ``QueueNotFound``."""
    record = transaction.record_ids.get(queue)
    if record is None:
        record = transaction.record_ids[queue] = find(transaction, queue)
    return record


def look(session: Session, queue: QueueKey) -> Record:
    """Return the whole record. Raises ``QueueNotFound``."""
    row = session.row(_LOOK, {**queue._asdict(), "now": session.now})
    if row is None:
        raise QueueNotFound(queue)
    return Record(row[0], row[1], row[2], not row[3], bool(row[4]))


def create(transaction: Transaction, queue: QueueKey) -> None:
    """Make the record unless there is one."""
    if transaction.row(_FIND, queue._asdict()) is None:
        transaction.run(_CREATE, queue._asdict())


def drop(transaction: Transaction, queue: QueueKey) -> int:
    """Remove the record and remember that its messages have to go; return its id. Raises ``QueueNotFound``."""
    record = find(transaction, queue)
    transaction.run(_DELETE, {"record": record})
    transaction.run(_DROP, {"record": record})
    transaction.run(_COUNT_DROP, {})
    transaction.record_ids.pop(queue, None)
    return record


def replace(transaction: Transaction, queue: QueueKey) -> None:
    """Give the queue a new record, to which nothing of the old one belongs. Raises ``QueueNotFound``."""
    drop(transaction, queue)
    create(transaction, queue)


def dropped(session: Session, limit: int) -> list[int]:
    """Return the ids of removed records whose messages may not all have gone."""
    return [row[0] for row in session.rows(_DROPPED, {"limit": limit})]


def forget(transaction: Transaction, record: int) -> None:
    """Note that nothing is left of a removed record."""
    transaction.run(_FORGET, {"record": record})
