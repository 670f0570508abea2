"""Where the anchor of a database's clock is kept: the one row of ``clocks``.

On a connection of its own: the clock is asked before a transaction begins, and in its middle.
"""

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from zaqar.storage.sql.schema import CLOCKS
from zaqar.storage.sql.sqlite.anchored_clock import Anchor, Change
from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.sqlite.failure import translated_errors
from zaqar.storage.sql.statement import Statement, constant

_ONLY = CLOCKS.c.id == constant(1)
_FIND = Statement(sa.select(CLOCKS.c.boot, CLOCKS.c.uptime, CLOCKS.c.time, CLOCKS.c.is_behind).where(_ONLY))
_FORGET = Statement(sa.delete(CLOCKS).where(_ONLY))
_SET = Statement(sa.insert(CLOCKS))


def keep(connected: Callable[[], AbstractContextManager[sqlite3.Connection]], change: Change) -> Anchor:
    """Return the anchor in force once ``change`` was asked; only what it changes is written. Raises ``Unavailable``."""
    with translated_errors(), connected() as connection:
        found = _find(connection)
        if change(found) is None and found is not None:
            return found
        connection.execute("BEGIN IMMEDIATE")
        found = _find(connection)  # another process may have been first
        new = change(found)
        if new is not None:
            connection.execute(SQL[_FORGET])
            connection.execute(SQL[_SET], {**new._asdict(), "id": 1})
        connection.execute("COMMIT")
    anchor = new or found
    if anchor is None:
        raise RuntimeError("A clock was asked for a correction before its first anchor.")
    return anchor


def _find(connection: sqlite3.Connection) -> Anchor | None:
    row = connection.execute(SQL[_FIND]).fetchone()
    return None if row is None else Anchor(row[0], row[1], row[2], bool(row[3]))
