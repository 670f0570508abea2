"""Reclaiming what has expired, a bounded batch per transaction."""

import fcntl
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from zaqar.storage.sql import expiry, records
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.session import Transaction

RANGE = 1000
"""Records that one look covers."""

PAUSE = 0.002
"""Seconds between batches, in which requests get the database."""


def sweep(database: Database) -> int:
    """Settle every queue and finish deletions; return how many messages and claims went.

    One process at a time: where another is at it, there is nothing to do.
    """
    with Path(database.sweep_lock_path).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0
        return _sweep(database)


def _sweep(database: Database) -> int:
    done = _repeat(database, expiry.remove_expired, expiry.BATCH)
    newest = database.read(records.newest)
    for after in range(0, newest, RANGE):
        for record in database.read(partial(records.unsettled, after=after, up_to=after + RANGE)):
            _repeat(database, partial(expiry.promote, record=record), expiry.BATCH)
            done += _repeat(database, partial(expiry.release_lapsed, record=record), expiry.BATCH // 10)
    for record in database.read(records.dropped):
        done += clear_dropped(database, record)
    return done


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
