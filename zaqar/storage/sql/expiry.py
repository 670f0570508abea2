"""Ready is a state: what time has changed is put right in bounded batches.

Due delays and lapsed claims must be settled before a queue is read, or order would break; expired messages are
filtered by the clock anyway, so that one batch at a time suffices.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.storage.sql import claims
from zaqar.storage.sql.records import Record
from zaqar.storage.sql.rows import IN_QUEUE, remove
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, DELAYED, MESSAGES, READY
from zaqar.storage.sql.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, limited, one_of

BATCH = 200
"""Messages that one step may promote, or remove; claims a tenth of it."""

_FALLEN_DUE = Statement(
    limited(
        sa.select(MESSAGES.c.position).where(
            IN_QUEUE, MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= sa.bindparam("now")
        )
    )
)
_PROMOTE = StatementForMany(
    lambda count: (
        sa.update(MESSAGES).where(one_of(MESSAGES.c.position, count)).values(state=constant(READY), due=sa.null())
    )
)
_LAPSED = Statement(
    limited(
        sa.select(CLAIMS.c.id, CLAIMS.c.positions).where(
            CLAIMS.c.queue == sa.bindparam("queue"), CLAIMS.c.expires <= sa.bindparam("now")
        )
    )
)
_EXPIRED = Statement(
    limited(
        sa.select(MESSAGES.c.position, MESSAGES.c.state, MESSAGES.c.queue).where(
            MESSAGES.c.expires <= sa.bindparam("now")
        )
    )
)
_EXPIRED_POSITIONS = Statement(  # of the index alone, whatever has become of the rows
    limited(sa.select(MESSAGES.c.position).where(MESSAGES.c.expires <= sa.bindparam("now")))
)
_AT = StatementForMany(
    lambda count: sa.select(MESSAGES.c.position, MESSAGES.c.state, MESSAGES.c.queue).where(
        one_of(MESSAGES.c.position, count)
    )
)
_UP_TO = [
    Statement(
        limited(
            sa.select(MESSAGES.c.position, MESSAGES.c.state).where(
                IN_QUEUE, MESSAGES.c.state == constant(state), MESSAGES.c.position <= sa.bindparam("last")
            )
        )
    )
    for state in (READY, DELAYED, CLAIMED)
]
_REMOVE_CLAIMS = Statement(
    sa.delete(CLAIMS).where(CLAIMS.c.queue == sa.bindparam("queue"), CLAIMS.c.id <= sa.bindparam("last"))
)


def settle(transaction: Transaction, record: Record) -> bool:
    """Put right one batch of each kind; return whether delays and claims are all settled now."""
    if record.has_expired:
        remove_expired(transaction)
    if record.is_settled:
        return True
    return promote(transaction, record.id) < BATCH and release_lapsed(transaction, record.id) < BATCH // 10


def promote(transaction: Transaction, record: int) -> int:
    """Make ready up to a batch of messages whose delay has elapsed; return how many."""
    rows = transaction.rows(_FALLEN_DUE, {"queue": record, "now": transaction.now, "limit": BATCH})
    transaction.run_at(_PROMOTE, [row[0] for row in rows], {})
    return len(rows)


def release_lapsed(transaction: Transaction, record: int) -> int:
    """Release up to a tenth of a batch of claims that have ended; return how many."""
    rows = transaction.rows(_LAPSED, {"queue": record, "now": transaction.now, "limit": BATCH // 10})
    for claim, positions in rows:
        claims.free(transaction, record, claim, claims.decode_positions(positions))
    return len(rows)


def remove_expired(transaction: Transaction) -> int:
    """Remove up to a batch of expired messages, of whatever queues; return how many."""
    return _remove(transaction, transaction.rows(_EXPIRED, {"now": transaction.now, "limit": BATCH}))


def expired(session: Session) -> list[int]:
    """Return the positions of some batches of expired messages."""
    return [row[0] for row in session.rows(_EXPIRED_POSITIONS, {"now": session.now, "limit": 10 * BATCH})]


def remove_at(transaction: Transaction, positions: Sequence[int]) -> int:
    """Remove the messages at some positions, of whatever queues; return how many."""
    return _remove(transaction, transaction.rows_at(_AT, positions, {}))


def _remove(transaction: Transaction, rows: Sequence[Row]) -> int:
    for record in {row[2] for row in rows}:
        remove(transaction, record, [row for row in rows if row[2] == record])
    return len(rows)


def remove_up_to(transaction: Transaction, record: int, last: int) -> int:
    """Remove up to a batch of messages of a queue, none behind position ``last``; return how many."""
    rows: list[Row] = []
    for statement in _UP_TO:
        if len(rows) < BATCH:
            rows += transaction.rows(statement, {"queue": record, "last": last, "limit": BATCH - len(rows)})
    if len(rows) < BATCH:
        transaction.run(_REMOVE_CLAIMS, {"queue": record, "last": last})
    return remove(transaction, record, rows)
