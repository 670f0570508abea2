"""Removing subscriptions, each with the progress of its deliveries.

Indexes: ``subscriptions_end`` in one source, ``subscriptions_expiry`` across sources, ``subscriptions_listed`` for all of one.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.storage.sql.messages import notices
from zaqar.storage.sql.schema import DELIVERIES, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, limited, one_of

BATCH = 200
"""Subscriptions that one transaction may remove."""

_REMOVE = StatementForMany(lambda count: sa.delete(SUBSCRIPTIONS).where(one_of(SUBSCRIPTIONS.c.position, count)))
_REMOVE_PROGRESS = StatementForMany(lambda count: sa.delete(DELIVERIES).where(one_of(DELIVERIES.c.subscription, count)))
_ENDED_OF = StatementForMany(
    lambda count: sa.select(SUBSCRIPTIONS.c.position, SUBSCRIPTIONS.c.source).where(
        one_of(SUBSCRIPTIONS.c.position, count), unindexed(SUBSCRIPTIONS.c.expires) <= sa.bindparam("now")
    )
)
_ENDED_ANYWHERE = Statement(
    limited(sa.select(SUBSCRIPTIONS.c.position).where(SUBSCRIPTIONS.c.expires <= sa.bindparam("now")))
)
_OF_SOURCE = SUBSCRIPTIONS.c.source == sa.bindparam("of_source")
_ENDED_IN_SOURCE = Statement(
    limited(sa.select(SUBSCRIPTIONS.c.position).where(_OF_SOURCE, SUBSCRIPTIONS.c.expires <= sa.bindparam("now")))
)
_UP_TO = Statement(
    limited(sa.select(SUBSCRIPTIONS.c.position).where(_OF_SOURCE, SUBSCRIPTIONS.c.position <= sa.bindparam("last")))
)


def remove(transaction: Transaction, positions: Sequence[int]) -> int:
    """Remove subscriptions, given by their positions; return how many there were."""
    transaction.run_at(_REMOVE_PROGRESS, positions, {})
    return transaction.run_at(_REMOVE, positions, {})


def remove_up_to(transaction: Transaction, source: int, last: int) -> int:
    """Remove a batch of a source's subscriptions up to a position; return how many. Less than a batch: nothing is left."""
    rows = transaction.rows(_UP_TO, {"of_source": source, "last": last, "limit": BATCH})
    return remove(transaction, [row[0] for row in rows])


def remove_ended_in(transaction: Transaction, source: int) -> int:
    """Remove a batch of a source's subscriptions that have ended; return how many."""
    rows = transaction.rows(_ENDED_IN_SOURCE, {"of_source": source, "now": transaction.now, "limit": BATCH})
    return remove(transaction, [row[0] for row in rows])


def ended_anywhere(session: Session, limit: int) -> list[int]:
    """Return the positions of subscriptions to any queue that have ended."""
    return [row[0] for row in session.rows(_ENDED_ANYWHERE, {"now": session.now, "limit": limit})]


def remove_ended(transaction: Transaction, positions: Sequence[int]) -> int:
    """Remove those of these subscriptions that have ended, and a batch of what only they needed; return how many ended."""
    rows = transaction.rows_at(_ENDED_OF, positions, {"now": transaction.now})
    removed = remove(transaction, [row[0] for row in rows])
    for source in {row[1] for row in rows}:
        notices.trim(transaction, source)
    return removed
