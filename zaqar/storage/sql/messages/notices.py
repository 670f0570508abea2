"""The logs of notices: reading and trimming.

Indexes: ``notices_listed`` in the log of one source, and from one source to the next; ``deliveries_low`` for what is still
needed.
"""

import contextlib

import sqlalchemy as sa

from zaqar.models import Notice, QueueKey
from zaqar.storage.ids import MAX_POSITION
from zaqar.storage.sql.messages import sources
from zaqar.storage.sql.messages.encoding import NOTICED, decode_notice
from zaqar.storage.sql.schema import DELIVERIES, NOTICES, SOURCES
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, constant, limited

BATCH = 200
"""Notices that one transaction may remove from one log."""

MOST = 10_000
"""Notices that are read at a time, however short they are."""

MOST_PENDING = 1000
"""Up to how many notices are counted."""

_OF_SOURCE = NOTICES.c.source == sa.bindparam("of_source")
_BEHIND = Statement(
    limited(
        sa.select(*NOTICED)
        .where(NOTICES.c.source == sources.ID, NOTICES.c.position > sa.bindparam("after"))
        .order_by(NOTICES.c.position)
    )
)
_PENDING = Statement(
    sa.select(sa.func.count()).select_from(
        limited(
            sa.select(NOTICES.c.position).where(
                NOTICES.c.source == sources.ID, NOTICES.c.position > sa.bindparam("after")
            )
        ).subquery("pending")
    )
)
_NEXT_SOURCE = Statement(
    sa.select(NOTICES.c.source)
    .where(NOTICES.c.source > sa.bindparam("after"))
    .order_by(NOTICES.c.source)
    .limit(constant(1))
    .offset(constant(0))
)
_NAME = Statement(
    sa.select(SOURCES.c.project, SOURCES.c.name, SOURCES.c.kind).where(SOURCES.c.id == sa.bindparam("of_source"))
)


def least_needed(source: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the position up to which no subscription needs the log of a source; beyond all where there is none."""
    least = sa.select(sa.func.min(DELIVERIES.c.low)).where(DELIVERIES.c.source == source).correlate_except(DELIVERIES)
    return sa.func.coalesce(least.scalar_subquery(), constant(MAX_POSITION))


_EDGES = Statement(
    sa.select(
        least_needed(sa.bindparam("of_source", type_=sa.Integer)),
        sa.select(NOTICES.c.position)
        .where(_OF_SOURCE)
        .order_by(NOTICES.c.position)
        .limit(constant(1))
        .offset(constant(BATCH - 1))
        .scalar_subquery(),
    )
)
_TRIM = Statement(sa.delete(NOTICES).where(_OF_SOURCE, NOTICES.c.position <= sa.bindparam("last")))


def behind(session: Session, queue: QueueKey, *, after: int, most_bytes: int) -> list[Notice]:
    """Return the first notices behind a position, of so many bytes, at least one; none further is kept in memory."""
    found: list[Notice] = []
    size = 0
    with contextlib.closing(session.each(_BEHIND, {**queue._asdict(), "after": after, "limit": MOST})) as rows:
        for row in rows:
            notice = decode_notice(row)
            size += sum(len(message.body) for message in notice.messages)
            if found and size > most_bytes:
                break
            found.append(notice)
    return found


def pending(session: Session, queue: QueueKey, *, after: int) -> int:
    """Count the notices behind a position, up to ``MOST_PENDING``."""
    row = session.row(_PENDING, {**queue._asdict(), "after": after, "limit": MOST_PENDING})
    return row[0] if row else 0


def with_notices(session: Session) -> list[QueueKey]:
    """Return the queues whose log is not empty, by one search for each."""
    found: list[QueueKey] = []
    source = 0
    while row := session.row(_NEXT_SOURCE, {"after": source}):
        source = row[0]
        name = session.row(_NAME, {"of_source": source})
        if name is not None:
            found.append(QueueKey(*name))
    return found


def trim(transaction: Transaction, source: int) -> None:
    """Remove from the log of a source a batch of what no subscription needs any more."""
    row = transaction.row(_EDGES, {"of_source": source})
    if row is not None:
        needed, edge = row
        transaction.run(_TRIM, {"of_source": source, "last": needed if edge is None else min(needed, edge)})
