"""Sources: queues as those know them who subscribed. A source outlives the queue's record, and serves the next one.

Indexes: the unique one on (project, kind, name), ``subscriptions_end`` for the last end of a subscription, and
``sources_end`` (notify_until) for the sweep.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.schema import NOTICES, SOURCES, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, constant, limited, one_of

KEY = (
    (SOURCES.c.project == sa.bindparam("project"))
    & (SOURCES.c.kind == sa.bindparam("kind"))
    & (SOURCES.c.name == sa.bindparam("name"))
)
ID = sa.select(SOURCES.c.id).where(KEY).scalar_subquery()
"""The source's id; null, which equals nothing, where nobody ever subscribed."""

_FIND = Statement(sa.select(SOURCES.c.id).where(KEY))
_CREATE = Statement(
    sa.insert(SOURCES).values(project=sa.bindparam("project"), kind=sa.bindparam("kind"), name=sa.bindparam("name"))
)
_LAST_END = sa.func.coalesce(
    sa.select(sa.func.max(SUBSCRIPTIONS.c.expires))
    .where(SUBSCRIPTIONS.c.source == sa.bindparam("of_source"))
    .scalar_subquery(),
    constant(0),
)
_FOLLOW = Statement(
    sa.update(SOURCES)
    .where(SOURCES.c.id == sa.bindparam("of_source"), SOURCES.c.notify_until != _LAST_END)
    .values(notify_until=_LAST_END)
)

_IS_UNUSED = (
    ~sa.exists().where(SUBSCRIPTIONS.c.source == SOURCES.c.id),
    ~sa.exists().where(NOTICES.c.source == SOURCES.c.id),
)
_UNUSED = Statement(limited(sa.select(SOURCES.c.id).where(SOURCES.c.notify_until <= sa.bindparam("now"), *_IS_UNUSED)))
HAS_UNUSED = sa.exists().where(SOURCES.c.notify_until <= sa.bindparam("now"), *_IS_UNUSED)
_REMOVE_UNUSED = StatementForMany(
    lambda count: sa.delete(SOURCES).where(
        one_of(SOURCES.c.id, count), unindexed(SOURCES.c.notify_until) <= sa.bindparam("now"), *_IS_UNUSED
    )
)


def find(session: Session, queue: QueueKey) -> int:
    """Return the id of the source of a queue. Raises ``QueueNotFound`` where nobody ever subscribed."""
    row = session.row(_FIND, queue._asdict())
    if row is None:
        raise QueueNotFound(queue)
    source: int = row[0]
    return source


def make(transaction: Transaction, queue: QueueKey) -> int:
    """Return the id of the source of a queue, making it if need be. Raises ``QueueNotFound`` where there is no record."""
    source = lookup.remembered(transaction, queue).source
    if source is not None:
        return source
    del transaction.known[queue]
    if transaction.row(_FIND, queue._asdict()) is None:
        transaction.run(_CREATE, queue._asdict())
    return find(transaction, queue)


def follow(transaction: Transaction, source: int) -> None:
    """Let posts to the queue leave notices until the last subscription there is now ends."""
    if transaction.run(_FOLLOW, {"of_source": source}):
        lookup.forget(transaction)


def unused(session: Session, limit: int) -> list[int]:
    """Return the ids of sources without subscriptions and notices."""
    return [row[0] for row in session.rows(_UNUSED, {"now": session.now, "limit": limit})]


def remove_unused(transaction: Transaction, ids: Sequence[int]) -> int:
    """Remove those of these sources that are not used still; return how many."""
    removed = transaction.run_at(_REMOVE_UNUSED, ids, {"now": transaction.now})
    if removed:
        lookup.forget(transaction)
    return removed
