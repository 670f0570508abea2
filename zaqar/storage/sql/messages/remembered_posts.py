"""Posts that are known again by their tokens, also when their messages are gone.

They belong to the queue until that is deleted: not to the record, of which a purge may make another.

Indexes: the unique one on (queue, token), ``remembered_posts_end`` for the sweep.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.storage.ids import parse_id
from zaqar.storage.sql.messages.lookup import begun_as
from zaqar.storage.sql.schema import REMEMBERED_POSTS
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, limited, one_of

_FIND = Statement(
    sa.select(REMEMBERED_POSTS.c.position, REMEMBERED_POSTS.c.forgets).where(
        REMEMBERED_POSTS.c.queue == sa.bindparam("of_queue"), REMEMBERED_POSTS.c.token == sa.bindparam("of_token")
    )
)
_KEEP = Statement(sa.insert(REMEMBERED_POSTS))
_REMOVE = Statement(sa.delete(REMEMBERED_POSTS).where(REMEMBERED_POSTS.c.position == sa.bindparam("at")))
_PAST = Statement(
    limited(sa.select(REMEMBERED_POSTS.c.position).where(REMEMBERED_POSTS.c.forgets <= sa.bindparam("now")))
)
_REMOVE_PAST = StatementForMany(
    lambda count: sa.delete(REMEMBERED_POSTS).where(
        one_of(REMEMBERED_POSTS.c.position, count), unindexed(REMEMBERED_POSTS.c.forgets) <= sa.bindparam("now")
    )
)
HAS_PAST = sa.exists().where(REMEMBERED_POSTS.c.forgets <= sa.bindparam("now"))


def find(transaction: Transaction, record: int, token: str) -> int | None:
    """Return the position of the first message that was posted with a token, while that is to be known."""
    row = transaction.row(_FIND, {"of_queue": begun_as(transaction, record), "of_token": token})
    if row is None:
        return None
    position, forgets = row
    if forgets > transaction.now:
        return int(position)
    transaction.run(_REMOVE, {"at": position})
    return None


def keep(transaction: Transaction, record: int, first_id: str, *, seconds: int) -> None:
    """Remember a post, given by the id of its first message."""
    position, token = parse_id(first_id)
    row = {"position": position, "queue": begun_as(transaction, record), "token": token}
    transaction.run(_KEEP, {**row, "forgets": transaction.now + seconds})


def past_anywhere(session: Session, limit: int) -> list[int]:
    """Return the positions of posts to any queue that need not be known any more."""
    return [row[0] for row in session.rows(_PAST, {"now": session.now, "limit": limit})]


def remove_past(transaction: Transaction, positions: Sequence[int]) -> int:
    """Forget those of these posts that need not be known any more; return how many."""
    return transaction.run_at(_REMOVE_PAST, positions, {"now": transaction.now})
