"""Reclaiming what has expired, a bounded batch per transaction."""

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from functools import partial

from zaqar.errors import Unavailable
from zaqar.storage.sql import expiry, records
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.failure import is_damage
from zaqar.storage.sql.files import PRIVATE
from zaqar.storage.sql.session import Transaction

RANGE = 1000
"""Records that one look covers."""

PAUSE = 0.002
"""Seconds between batches, in which requests get the database."""


def sweep(database: Database) -> int:
    """Settle every queue and finish deletions; return how many messages and claims went.

    One process at a time: where another is at it, there is nothing to do.
    """
    database.tidy()
    with os.fdopen(os.open(database.sweep_lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE), "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        return _sweep(database)


def _sweep(database: Database) -> int:
    done = _despite_damage(lambda: _repeat(database, expiry.remove_expired, expiry.BATCH))
    if done is None:
        done = _remove_around_damage(database, database.read(expiry.expired))
    newest = database.read(records.newest)
    for after in range(0, newest, RANGE):
        for record in database.read(partial(records.unsettled, after=after, up_to=after + RANGE)):
            done += _despite_damage(partial(_settle, database, record)) or 0
    for record in database.read(records.dropped):
        done += _despite_damage(partial(clear_dropped, database, record)) or 0
    return done


def _settle(database: Database, record: int) -> int:
    _repeat(database, partial(expiry.promote, record=record), expiry.BATCH)
    return _repeat(database, partial(expiry.release_lapsed, record=record), expiry.BATCH // 10)


def _remove_around_damage(database: Database, positions: Sequence[int]) -> int:
    """Remove what is not on damaged pages: of what cannot be removed together, one half after the other."""
    if not positions:
        return 0
    done = _despite_damage(partial(database.write, partial(expiry.remove_at, positions=positions)))
    if done is not None or len(positions) == 1:
        return done or 0
    half = len(positions) // 2
    return _remove_around_damage(database, positions[:half]) + _remove_around_damage(database, positions[half:])


def _despite_damage(work: Callable[[], int]) -> int | None:
    """Do a part of the work; where it meets damage, which the log and ping tell of, return None and let others go on."""
    try:
        return work()
    except Unavailable as error:
        if error.__cause__ is None or not is_damage(error.__cause__):
            raise
        return None


def clear_dropped(database: Database, record: int) -> int:
    """Remove what a deleted queue left; return how many messages went."""

    def step(transaction: Transaction) -> int:
        return expiry.remove_up_to(transaction, record, transaction.allocate(1))

    done = _repeat(database, step, expiry.BATCH)
    database.write(lambda transaction: records.forget(transaction, record))
    return done


def _repeat(database: Database, step: Callable[[Transaction], int], batch: int) -> int:
    """Run a step until it finds less than a batch; return the sum."""
    done = 0
    while True:
        count = database.write(step)
        done += count
        if count < batch:
            return done
        time.sleep(PAUSE)
