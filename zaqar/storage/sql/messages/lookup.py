"""Finding the record of a queue: a row of ``records``, which lets messages be posted and has the queue's counters.

Index: the unique one on (project, kind, name). Whether the queue is settled is told by ``messages_due`` and ``claims_lapse``.
"""

from typing import NamedTuple

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.sql.schema import CLAIMS, DELAYED, MESSAGES, POSITIONS, RECORDS, SOURCES
from zaqar.storage.sql.sqlite.session import Known, Session, Transaction
from zaqar.storage.sql.statement import Statement, constant

KEY = (
    (RECORDS.c.project == sa.bindparam("project"))
    & (RECORDS.c.kind == sa.bindparam("kind"))
    & (RECORDS.c.name == sa.bindparam("name"))
)
_NOW: sa.BindParameter[int] = sa.bindparam("now")
_IS_DUE = sa.exists().where(
    MESSAGES.c.queue == RECORDS.c.id, MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= _NOW
)
_HAS_LAPSED = sa.exists().where(CLAIMS.c.queue == RECORDS.c.id, CLAIMS.c.expires <= _NOW)
IS_UNSETTLED = sa.or_(_IS_DUE, _HAS_LAPSED)
_HAS_EXPIRED = sa.exists().where(MESSAGES.c.expires <= _NOW)

FIND = Statement(sa.select(RECORDS.c.id).where(KEY))
_KNOWN = Statement(
    sa.select(RECORDS.c.id, SOURCES.c.id, SOURCES.c.notify_until)
    .outerjoin_from(
        RECORDS,
        SOURCES,
        (SOURCES.c.project == RECORDS.c.project)
        & (SOURCES.c.kind == RECORDS.c.kind)
        & (SOURCES.c.name == RECORDS.c.name),
    )
    .where(KEY)
)
_COUNT_DROP = Statement(
    sa.update(POSITIONS).where(POSITIONS.c.id == constant(1)).values(drops=POSITIONS.c.drops + constant(1))
)
_LOOK = Statement(
    sa.select(RECORDS.c.id, RECORDS.c.total, RECORDS.c.claimed, RECORDS.c.discarded, IS_UNSETTLED, _HAS_EXPIRED).where(
        KEY
    )
)
_BEGUN_AS = Statement(
    sa.select(sa.func.coalesce(RECORDS.c.begun_as, RECORDS.c.id)).where(RECORDS.c.id == sa.bindparam("record"))
)


class Record(NamedTuple):
    """A queue's row and what has fallen due.

    ``is_settled``: no delay has ended and no claim lapsed that is still to be settled. ``has_expired``: messages of this or
    any other queue wait to be removed.
    """

    id: int
    total: int
    claimed: int
    discarded: int
    is_settled: bool
    has_expired: bool


def find(session: Session, queue: QueueKey) -> int:
    """Return the id of the queue's record. Raises ``QueueNotFound``."""
    row = session.row(FIND, queue._asdict())
    if row is None:
        raise QueueNotFound(queue)
    record: int = row[0]
    return record


def known(transaction: Transaction, queue: QueueKey) -> int:
    """Return the id of the queue's record, from memory where it is there. Raises ``QueueNotFound``."""
    return remembered(transaction, queue).id


def remembered(transaction: Transaction, queue: QueueKey) -> Known:
    """Return what a post has to know of the queue, from memory where it is there. Raises ``QueueNotFound``."""
    record = transaction.known.get(queue)
    if record is None:
        row = transaction.row(_KNOWN, queue._asdict())
        if row is None:
            raise QueueNotFound(queue)
        record = transaction.known[queue] = Known(row[0], row[1], row[2] or 0)
    return record


def forget(transaction: Transaction) -> None:
    """Let every process look up all records anew."""
    transaction.run(_COUNT_DROP, {})
    transaction.known.clear()


def begun_as(session: Session, record: int) -> int:
    """Return the id of the first record that the queue had since it was made: a purge may have given it others."""
    row = session.row(_BEGUN_AS, {"record": record})
    return record if row is None else int(row[0])


def look(session: Session, queue: QueueKey) -> Record:
    """Return the whole record. Raises ``QueueNotFound``."""
    row = session.row(_LOOK, {**queue._asdict(), "now": session.now})
    if row is None:
        raise QueueNotFound(queue)
    return Record(row[0], row[1], row[2], row[3], not row[4], bool(row[5]))
