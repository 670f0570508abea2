"""Leases of subscriptions: who has work, taking them, and saying how far they are.

Indexes: ``deliveries_high`` for what lies behind the last notice, ``deliveries_wake`` for what is to be tried again. A
subscription that was hurried wakes at once. What a client gave is only read of those that are taken.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from zaqar.models import Held, Lease, Progress, QueueKey, Saved
from zaqar.storage.ids import format_id, named
from zaqar.storage.sql.messages import notices, sources
from zaqar.storage.sql.messages.subscribing import LIVES, SHOWN, decode
from zaqar.storage.sql.schema import DELIVERIES, NOTICES, SOURCES, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, limited, one_of
from zaqar.storage.subscription_documents import decode_progress, encode_progress

WITH_PROGRESS = sa.join(DELIVERIES, SUBSCRIPTIONS, SUBSCRIPTIONS.c.position == DELIVERIES.c.subscription)
PROGRESS = (DELIVERIES.c.high, DELIVERIES.c.progress)

_NOW_MS: sa.BindParameter[int] = sa.bindparam("now_ms")


def _free(source: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Return the query for living subscriptions to a source that nobody holds."""
    return (
        sa.select(DELIVERIES.c.high, DELIVERIES.c.subscription)
        .select_from(WITH_PROGRESS)
        .where(DELIVERIES.c.source == source, unindexed(DELIVERIES.c.lease_ends_ms) <= _NOW_MS, LIVES, *conditions)
    )


def _behind(source: sa.ColumnElement[int]) -> sa.Select[Any]:
    last = sa.select(sa.func.max(NOTICES.c.position)).where(NOTICES.c.source == source).correlate_except(NOTICES)
    return _free(source, DELIVERIES.c.high < last.scalar_subquery(), DELIVERIES.c.is_full == constant(0))


def _awake(source: sa.ColumnElement[int]) -> sa.Select[Any]:
    return _free(source, DELIVERIES.c.wakes_ms <= _NOW_MS)


_SOURCE: sa.BindParameter[int] = sa.bindparam("of_source", type_=sa.Integer)
_BEHIND = Statement(limited(_behind(_SOURCE).order_by(DELIVERIES.c.high)))
_AWAKE = Statement(limited(_awake(_SOURCE).order_by(DELIVERIES.c.wakes_ms)))
_HAS_WORK = Statement(
    sa.select(
        sa.or_(
            sa.exists(_behind(SOURCES.c.id).correlate(SOURCES)),
            sa.exists(_awake(SOURCES.c.id).correlate(SOURCES)),
            sa.exists().where(SUBSCRIPTIONS.c.source == SOURCES.c.id, SUBSCRIPTIONS.c.expires <= sa.bindparam("now")),
            sa.exists().where(
                NOTICES.c.source == SOURCES.c.id, NOTICES.c.position <= notices.least_needed(SOURCES.c.id)
            ),
        )
    ).where(sources.KEY)
)
_TAKEN = StatementForMany(
    lambda count: (
        sa.select(*SHOWN, *PROGRESS, DELIVERIES.c.is_hurried)
        .select_from(WITH_PROGRESS)
        .where(one_of(DELIVERIES.c.subscription, count))
    )
)
_HOLD = StatementForMany(
    lambda count: (
        sa.update(DELIVERIES)
        .where(one_of(DELIVERIES.c.subscription, count))
        .values(holder=sa.bindparam("new_holder"), lease_ends_ms=sa.bindparam("ends_ms"), is_hurried=constant(0))
    )
)
_WAKE = Statement(
    sa.update(DELIVERIES)
    .where(DELIVERIES.c.subscription == sa.bindparam("at"))
    .values(wakes_ms=sa.bindparam("new_wakes_ms"))
)
_HELD = StatementForMany(
    lambda count: (
        sa.select(*SHOWN[:3], DELIVERIES.c.is_hurried)
        .select_from(WITH_PROGRESS)
        .where(
            one_of(DELIVERIES.c.subscription, count),
            unindexed(DELIVERIES.c.source) == sa.bindparam("of_source"),
            DELIVERIES.c.holder == sa.bindparam("by"),
            LIVES,
        )
    )
)
_SAVE = Statement(
    sa.update(DELIVERIES)
    .where(DELIVERIES.c.subscription == sa.bindparam("at"))
    .values(
        high=sa.bindparam("new_high"),
        low=sa.bindparam("new_low"),
        wakes_ms=sa.bindparam("new_wakes_ms"),
        is_full=sa.bindparam("new_is_full"),
        is_hurried=sa.bindparam("new_is_hurried"),
        lease_ends_ms=sa.bindparam("ends_ms"),
        holder=sa.bindparam("new_holder"),
        progress=sa.bindparam("new_progress"),
    )
)


class Terms(NamedTuple):
    """Who takes or holds leases, and for how many seconds from now."""

    holder: str
    seconds: float

    def ends_ms(self, transaction: Transaction) -> int:
        """Return when a lease ends that is taken now, in milliseconds since 1970."""
        return transaction.milliseconds() + int(self.seconds * 1000)


def has_work(session: Session, queue: QueueKey, now_ms: int) -> bool:
    """Tell whether there is anything to lease, or to remove."""
    row = session.row(_HAS_WORK, {**queue._asdict(), "now": session.now, "now_ms": now_ms})
    return bool(row and row[0])


def take(transaction: Transaction, source: int, terms: Terms, limit: int) -> list[Lease]:
    """Take subscriptions of a source that have work, those first that are furthest behind."""
    now_ms = transaction.milliseconds()
    asked = {"of_source": source, "now": transaction.now, "now_ms": now_ms, "limit": limit}
    found = {(row[0], row[1]) for statement in (_BEHIND, _AWAKE) for row in transaction.rows(statement, asked)}
    positions = [position for _, position in sorted(found)[:limit]]
    if not positions:
        return []
    rows = {row[0]: row for row in transaction.rows_at(_TAKEN, positions, {})}
    transaction.run_at(_HOLD, positions, {"new_holder": terms.holder, "ends_ms": terms.ends_ms(transaction)})
    leases = [_lease(rows[position], transaction.now) for position in positions]
    hurried = [
        {"at": position, "new_wakes_ms": one.progress.wakes_ms}
        for position, one in zip(positions, leases, strict=True)
        if one.is_hurried
    ]
    if hurried:
        transaction.run_for_each(_WAKE, hurried)
    return leases


def save(transaction: Transaction, source: int, terms: Terms, saved: Sequence[Saved]) -> dict[str, Held]:
    """Store progress of those that the holder has still; return these, by id."""
    by_position = {named(one.subscription_id).position: one for one in saved}
    asked = {"of_source": source, "by": terms.holder, "now": transaction.now}
    held: dict[str, Held] = {}
    changes = []
    for position, token, version, is_hurried in transaction.rows_at(_HELD, list(by_position), asked):
        one = by_position[position]
        if one.subscription_id == format_id(position, token):
            # Whoever lets it go is not told any more; whoever takes it next is.
            held[one.subscription_id] = Held(version, is_hurried=bool(is_hurried) and not one.is_released)
            changes.append(_change(position, one, transaction, terms, is_hurried=bool(is_hurried)))
    if changes:
        transaction.run_for_each(_SAVE, changes)
    return held


def progress_of(row: Row) -> Progress:
    """Return a row of ``PROGRESS`` as progress: it has no text before the first is saved."""
    high, text = row
    return decode_progress(text) if text else Progress(high)


def _lease(row: Row, now: int) -> Lease:
    *shown, high, text, is_hurried = row
    return Lease(decode(shown, now), progress_of((high, text)), bool(is_hurried))


def _change(position: int, one: Saved, transaction: Transaction, terms: Terms, *, is_hurried: bool) -> dict[str, Any]:
    """Return the parameters of ``_SAVE``."""
    progress = one.progress
    stays_hurried = is_hurried and one.is_released
    return {
        "at": position,
        "new_high": progress.high,
        "new_low": progress.low,
        "new_wakes_ms": 0 if stays_hurried else progress.wakes_ms,
        "new_is_full": int(progress.is_full),
        "new_is_hurried": int(stays_hurried),
        "ends_ms": 0 if one.is_released else terms.ends_ms(transaction),
        "new_holder": "" if one.is_released else terms.holder,
        "new_progress": encode_progress(progress),
    }
