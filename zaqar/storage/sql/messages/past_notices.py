"""Notices that are past: an hour after the end of their last message they go, whether or not everybody was told.

No index leads to them, as every post with subscribers would write to it. The sweep goes round through all notices instead, a
bounded number at a time, in the order of their positions, which is that of their posts. As a rule there are none that are old
enough to be past: a log holds what is still to be delivered.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.storage.sql.schema import NOTICES
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, limited, one_of

GRACE = 3600
"""Seconds for which a notice stays after the end of its last message."""

MOST = 5000
"""Notices that one sweep looks at."""

_SINCE: sa.BindParameter[int] = sa.bindparam("since", type_=sa.Integer)
_OLDEST = NOTICES.alias("oldest")
_FIRST = sa.select(sa.func.min(_OLDEST.c.position)).correlate_except(_OLDEST).scalar_subquery()
_NEXT = Statement(
    limited(
        sa.select(NOTICES.c.position, NOTICES.c.created, NOTICES.c.expires)
        .where(NOTICES.c.position > sa.bindparam("after"))
        .order_by(NOTICES.c.position)
    )
)
_REMOVE = StatementForMany(
    lambda count: sa.delete(NOTICES).where(one_of(NOTICES.c.position, count), unindexed(NOTICES.c.expires) <= _SINCE)
)


def has_old(now: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """Return the condition that the oldest notice was left so long ago that there may be some that are past."""
    return sa.exists().where(NOTICES.c.position == _FIRST, NOTICES.c.created <= now - sa.literal_column(str(GRACE)))


class Round:
    """Where the sweep is on its way through all notices."""

    def __init__(self) -> None:
        self._after = 0
        self._left = 0

    def begin(self) -> None:
        """Let the next calls look at so many notices more."""
        self._left = MOST

    def past(self, session: Session, limit: int) -> list[int]:
        """Return the positions of the next notices that are past, until the round or what this sweep may look at is over."""
        found: list[int] = []
        since = session.now - GRACE
        while self._left and len(found) < limit:
            most = min(limit, self._left)
            rows = session.rows(_NEXT, {"after": self._after, "limit": most})
            old = [row for row in rows if row[1] <= since]
            found += [row[0] for row in old if row[2] <= since]
            if len(old) < most:  # what comes behind is younger
                self._after = self._left = 0
            else:
                self._after = old[-1][0]
                self._left -= most
        return found


def remove(transaction: Transaction, positions: Sequence[int]) -> int:
    """Remove those of these notices that are past; return how many."""
    return transaction.run_at(_REMOVE, positions, {"since": transaction.now - GRACE})
