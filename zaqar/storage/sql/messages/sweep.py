"""The sweep: removing and settling across queues, a bounded batch per transaction, led by what has fallen due."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import sqlalchemy as sa

from zaqar.errors import Unavailable
from zaqar.storage.sql.messages import (
    dead_letters,
    due,
    left_rules,
    past_notices,
    remembered_posts,
    removal,
    sources,
    unsubscribing,
)
from zaqar.storage.sql.schema import CLAIMS, DEAD_LETTER_RULES, DELAYED, DROPPED, MESSAGES, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.failure import is_damage
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, constant

_NOW: sa.BindParameter[int] = sa.bindparam("now")
_HAS_WORK = Statement(
    sa.select(
        sa.or_(
            sa.exists().where(MESSAGES.c.expires <= _NOW),
            sa.exists().where(MESSAGES.c.state == constant(DELAYED), MESSAGES.c.due <= _NOW),
            sa.exists().where(CLAIMS.c.expires <= _NOW),
            sa.exists().where(SUBSCRIPTIONS.c.expires <= _NOW),
            past_notices.has_old(_NOW),
            remembered_posts.HAS_PAST,
            sources.HAS_UNUSED,
            sa.exists(sa.select(DROPPED.c.id)),
            sa.exists(sa.select(DEAD_LETTER_RULES.c.queue)),
        )
    )
)


class Look(Protocol):
    """Finds what there is to do, in any queue, by numbers: positions of messages, or ids of claims or of records."""

    def __call__(self, session: Session, limit: int) -> Sequence[int]:
        """Return up to ``limit`` of them."""
        ...


Step = Callable[[Transaction, Sequence[int]], int]
"""Does what there is to do with the things of some numbers, or with the first of them; returns how much was done."""


def sweep(database: Database, past: past_notices.Round) -> int:
    """Settle every queue and finish removals; return how many messages and claims went.

    One process at a time: where another is at it, there is nothing to do.
    """
    database.follow_clock()
    database.tidy()
    if not database.read(_has_work):
        return 0
    with database.sole_sweeper() as is_alone:
        return _sweep(database, past) if is_alone else 0


def _has_work(session: Session) -> bool:
    row = session.row(_HAS_WORK, {"now": session.now})
    return bool(row and row[0])


def _sweep(database: Database, past: past_notices.Round) -> int:
    """Do what there is to do of each kind. What is damaged is passed over: the log and ping tell of it."""
    done = 0
    past.begin()
    for look, step, is_counted in (
        (due.due_anywhere, due.make_ready, False),
        (due.lapsed_anywhere, due.release_lapsed, True),
        (due.expired_anywhere, due.remove_expired, True),
        (removal.dropped, removal.finish, True),
        (left_rules.records, dead_letters.finish, True),
        (unsubscribing.ended_anywhere, unsubscribing.remove_ended, False),
        (past.past, past_notices.remove, False),
        (remembered_posts.past_anywhere, remembered_posts.remove_past, False),
        (sources.unused, sources.remove_unused, False),
    ):
        count = _do_each(database, look, step)
        done += count if is_counted else 0
    return done


def _do_each(database: Database, look: Look, step: Step) -> int:
    """Take steps on what is found until nothing is; leave out what is damaged. Return the sum."""
    done = 0
    damaged: set[int] = set()
    while True:
        began = time.monotonic()
        try:
            found = database.read(partial(look, limit=due.BATCH + len(damaged)))
        except Unavailable as error:
            _raise_outage(error)
            return done
        names = [name for name in found if name not in damaged]
        if not names:
            return done
        lost = len(damaged)
        count = _do(database, step, names, damaged)
        if not count and len(damaged) == lost:
            return done
        done += count
        # As long as it took: so requests have the database for at least half of the time.
        time.sleep(max(due.PAUSE, time.monotonic() - began))


def _do(database: Database, step: Step, names: Sequence[int], damaged: set[int]) -> int:
    """Take one step; where that meets damage, take it by halves, until what is damaged stands alone."""
    try:
        return database.write(lambda transaction: step(transaction, names))
    except Unavailable as error:
        _raise_outage(error)
    if len(names) == 1:
        damaged.add(names[0])
        return 0
    middle = len(names) // 2
    return sum(_do(database, step, half, damaged) for half in (names[:middle], names[middle:]))


def _raise_outage(error: Unavailable) -> None:
    """Raise the error unless it tells of damage."""
    if error.__cause__ is None or not is_damage(error.__cause__):
        raise error
