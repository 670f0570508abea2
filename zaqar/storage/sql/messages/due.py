"""What has fallen due: delays that end, claims that lapse, messages that expire; settled a bounded batch per transaction.

Ready is a state of a row, so a message whose delay has ended, or whose claim has lapsed, is ready once a step has written
that. It has to be written before the queue is read, or the order would break. What has expired is left out by every query
anyway: of that one batch at a time is removed.

Indexes: ``messages_due`` and ``claims_lapse`` in one queue, ``messages_fall_due``, ``claims_end`` and ``messages_expiry``
across queues.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.storage.sql.messages import holding
from zaqar.storage.sql.messages.conditions import IN_QUEUE
from zaqar.storage.sql.messages.encoding import decode_positions
from zaqar.storage.sql.messages.lookup import Record
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, DELAYED, MESSAGES, READY
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, limited, one_of

BATCH = 200
"""Messages that all steps of one transaction may make_ready, release or remove together."""

LEAST = 20
"""Messages that each step may, whatever the others of its transaction did: so every queue gets on."""

PAUSE = 0.002
"""Seconds at least between batches, in which requests get the database."""

_ELAPSED = unindexed(MESSAGES.c.due) <= sa.bindparam("now")
_FALLEN_DUE = Statement(
    limited(
        sa.select(MESSAGES.c.position).where(
            IN_QUEUE, MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= sa.bindparam("now")
        )
    )
)
_PROMOTE = StatementForMany(
    lambda count: (
        sa.update(MESSAGES)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.state) == constant(DELAYED), _ELAPSED)
        .values(state=constant(READY), due=sa.null())
    )
)
_LAPSED_IN_QUEUE = Statement(
    limited(
        sa.select(CLAIMS.c.id, CLAIMS.c.queue, CLAIMS.c.positions).where(
            CLAIMS.c.queue == sa.bindparam("queue"), CLAIMS.c.expires <= sa.bindparam("now")
        )
    )
)
_LAPSED_OF = StatementForMany(
    lambda count: sa.select(CLAIMS.c.id, CLAIMS.c.queue, CLAIMS.c.positions).where(
        one_of(CLAIMS.c.id, count), unindexed(CLAIMS.c.expires) <= sa.bindparam("now")
    )
)
_REMOVE_EXPIRED = StatementForMany(
    lambda count: (
        sa.delete(MESSAGES)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.expires) <= sa.bindparam("now"))
        .returning(MESSAGES.c.queue, MESSAGES.c.state)
    )
)
_DUE_ANYWHERE = Statement(
    limited(
        sa.select(MESSAGES.c.position).where(
            MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= sa.bindparam("now")
        )
    )
)
_LAPSED_ANYWHERE = Statement(limited(sa.select(CLAIMS.c.id).where(CLAIMS.c.expires <= sa.bindparam("now"))))
_EXPIRED_ANYWHERE = Statement(limited(sa.select(MESSAGES.c.position).where(MESSAGES.c.expires <= sa.bindparam("now"))))


def settle(transaction: Transaction, record: Record) -> bool:
    """Put right one batch of each kind; return whether delays and claims are all settled now."""
    if record.has_expired:
        limit = _allowance(transaction)
        remove_expired(transaction, [row[0] for row in transaction.rows(_EXPIRED_ANYWHERE, _until(transaction, limit))])
    if record.is_settled:
        return True
    return _make_ready_in(transaction, record.id) and _release_in(transaction, record.id)


def due_anywhere(session: Session, limit: int) -> list[int]:
    """Return the positions of messages of any queue whose delay has elapsed."""
    return [row[0] for row in session.rows(_DUE_ANYWHERE, _until(session, limit))]


def lapsed_anywhere(session: Session, limit: int) -> list[int]:
    """Return the ids of claims of any queue that have ended."""
    return [row[0] for row in session.rows(_LAPSED_ANYWHERE, _until(session, limit))]


def expired_anywhere(session: Session, limit: int) -> list[int]:
    """Return the positions of messages of any queue that have expired."""
    return [row[0] for row in session.rows(_EXPIRED_ANYWHERE, _until(session, limit))]


def make_ready(transaction: Transaction, positions: Sequence[int]) -> int:
    """Make ready those of these messages whose delay has elapsed; return how many."""
    transaction.settled_rows += len(positions)
    return transaction.run_at(_PROMOTE, positions, {"now": transaction.now})


def release_lapsed(transaction: Transaction, names: Sequence[int]) -> int:
    """Remove those of these claims that have ended, a batch of messages or the first claim; return how many."""
    lapsed = _first(transaction.rows_at(_LAPSED_OF, names, {"now": transaction.now}), BATCH)
    transaction.settled_rows += holding.free_lapsed(transaction, lapsed)
    return len(lapsed)


def remove_expired(transaction: Transaction, positions: Sequence[int]) -> int:
    """Remove those of these messages that have expired; return how many."""
    gone = transaction.change_at(_REMOVE_EXPIRED, positions, {"now": transaction.now})
    transaction.settled_rows += len(gone)
    claimed = Counter(queue for queue, state in gone if state == CLAIMED)
    for queue, count in Counter(queue for queue, _ in gone).items():
        transaction.count(queue, total=-count, claimed=-claimed[queue])
    return len(gone)


def _make_ready_in(transaction: Transaction, record: int) -> bool:
    """Promote what the transaction still may in one queue; return whether that was all."""
    limit = _allowance(transaction)
    rows = transaction.rows(_FALLEN_DUE, {"queue": record, **_until(transaction, limit)})
    make_ready(transaction, [row[0] for row in rows])
    return len(rows) < limit


def _release_in(transaction: Transaction, record: int) -> bool:
    """Release what the transaction still may in one queue; return whether that was all."""
    limit = _allowance(transaction)
    rows = transaction.rows(_LAPSED_IN_QUEUE, {"queue": record, **_until(transaction, limit)})
    lapsed = _first(rows, limit)
    transaction.settled_rows += holding.free_lapsed(transaction, lapsed)
    return len(lapsed) == len(rows) < limit


def _first(lapsed: Sequence[Row], limit: int) -> Sequence[Row]:
    """Return the first claim and those that follow, as long as they took not more messages than ``limit``."""
    taken = 0
    for index, row in enumerate(lapsed):
        taken += len(decode_positions(row[2]))
        if index and taken > limit:
            return lapsed[:index]
    return lapsed


def _allowance(transaction: Transaction) -> int:
    return max(LEAST, BATCH - transaction.settled_rows)


def _until(session: Session, limit: int) -> dict[str, int]:
    return {"now": session.now, "limit": limit}
