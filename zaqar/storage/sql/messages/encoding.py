"""What all steps share of the messages table."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from zaqar.models import Message
from zaqar.storage.sql.schema import CLAIMED, MESSAGES, READY
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Row, StatementForMany, constant, limited, one_of, unindexed


class Shown(NamedTuple):
    """The columns that make a message, in the order of ``SHOWN``."""

    position: int
    token: str
    created: int
    ttl: int
    claim_count: int
    checksum: str | None
    body: bytes


SHOWN = tuple(MESSAGES.c[name] for name in Shown._fields)
AT = MESSAGES.c.position == sa.bindparam("at")
IN_QUEUE = MESSAGES.c.queue == sa.bindparam("queue")
LIVES = unindexed(MESSAGES.c.expires) > sa.bindparam("now")
_HEAD = MESSAGES.alias("head")
AT_THE_HEAD = MESSAGES.c.position.in_(
    limited(
        sa.select(_HEAD.c.position)
        .where(
            _HEAD.c.queue == sa.bindparam("queue"),
            _HEAD.c.state == constant(READY),
            unindexed(_HEAD.c.expires) > sa.bindparam("now"),
        )
        .order_by(_HEAD.c.position)
    )
)
"""Being one of the first messages of a queue that are ready: taking them is one statement, not a search and a change."""

_REMOVE = StatementForMany(lambda count: sa.delete(MESSAGES).where(one_of(MESSAGES.c.position, count)))


def messages(rows: Sequence[Row], now: int, claim_id: str | None = None) -> list[Message]:
    """Return rows as messages, all of them of one claim or none: a call less for each, which is felt."""
    return [
        Message(
            f"{position:014x}{token}", body, ttl, now - created if now > created else 0, claim_id, claim_count, checksum
        )
        for position, token, created, ttl, claim_count, checksum, body in rows
    ]


def position_of(row: Row) -> int:
    """Return what orders the rows of a queue: their first column."""
    position: int = row[0]
    return position


def remove(transaction: Transaction, record: int, doomed: Sequence[Row]) -> int:
    """Delete messages of a queue, given as rows that begin with position and state; return how many."""
    transaction.run_at(_REMOVE, [row[0] for row in doomed], {})
    claimed = sum(row[1] == CLAIMED for row in doomed)
    transaction.count(record, total=-len(doomed), claimed=-claimed)
    return len(doomed)
