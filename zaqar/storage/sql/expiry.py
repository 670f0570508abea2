"""Ready is a state: what time has changed is put right in bounded batches.

Due delays and lapsed claims must be settled before a queue is read, or order would break; expired messages are
filtered by the clock anyway, so that one batch at a time suffices.
"""

import sqlalchemy as sa

from zaqar.storage.sql import claims
from zaqar.storage.sql.records import Record
from zaqar.storage.sql.rows import IN_QUEUE, remove
from zaqar.storage.sql.schema import CLAIMS, DELAYED, MESSAGES, READY
from zaqar.storage.sql.session import Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, constant, limited, one_of

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
    limited(sa.select(MESSAGES.c.position, MESSAGES.c.state).where(IN_QUEUE, MESSAGES.c.expires <= sa.bindparam("now")))
)
_UP_TO = Statement(
    limited(
        sa.select(MESSAGES.c.position, MESSAGES.c.state).where(IN_QUEUE, MESSAGES.c.position <= sa.bindparam("last"))
    )
)
_REMOVE_CLAIMS = Statement(
    sa.delete(CLAIMS).where(CLAIMS.c.queue == sa.bindparam("queue"), CLAIMS.c.id <= sa.bindparam("last"))
)


def settle(transaction: Transaction, record: Record) -> bool:
    """Put right one batch of each kind; return whether delays and claims are all settled now."""
    if record.has_expired:
        remove_expired(transaction, record.id)
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


def remove_expired(transaction: Transaction, record: int) -> int:
    """Remove up to a batch of expired messages; return how many."""
    return remove(
        transaction, record, transaction.rows(_EXPIRED, {"queue": record, "now": transaction.now, "limit": BATCH})
    )


def remove_up_to(transaction: Transaction, record: int, last: int) -> int:
    """Remove up to a batch of messages, none behind position ``last``; return how many."""
    rows = transaction.rows(_UP_TO, {"queue": record, "last": last, "limit": BATCH})
    if len(rows) < BATCH:
        transaction.run(_REMOVE_CLAIMS, {"queue": record, "last": last})
    return remove(transaction, record, rows)
