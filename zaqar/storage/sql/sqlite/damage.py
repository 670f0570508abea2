"""Damage: pages that cannot be right, by a disk or a copy gone wrong.

Whoever comes upon it says so in a file beside the database, so that all processes know, also after a restart. The check at
the start takes the note away again when it has seen everything and found nothing.
"""

import contextlib
import logging
import os
import sqlite3
import threading
from pathlib import Path

from zaqar.storage.sql.schema import MESSAGES
from zaqar.storage.sql.sqlite.files import PRIVATE, damage_path

LOG = logging.getLogger(__name__)

CHECK_TIME = 2.0
"""Seconds that the check at the start takes at most; about 500 MB a second."""

ADVICE = "Restore a backup, or save what can be read with: sqlite3 FILE .recover"


def note(path: str, error: BaseException) -> None:
    """Leave word that the database is damaged, unless somebody has."""
    with contextlib.suppress(OSError):  # a full disk must not hide the error itself
        file = os.open(damage_path(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        with os.fdopen(file, "w") as text:
            text.write(f"The embedded database is damaged: {error}.\n")
        LOG.error("The database %s is damaged: %s. %s.", path, error, ADVICE)


def noted(path: str) -> str | None:
    """Return what was noted, None when nothing was."""
    try:
        return Path(damage_path(path)).read_text(errors="replace").strip() or None
    except OSError:
        return None


def forget(path: str) -> None:
    """Take the note away."""
    with contextlib.suppress(OSError):
        Path(damage_path(path)).unlink()


def inspect(connection: sqlite3.Connection, path: str) -> str | None:
    """Check as much of the database as the time allows; return a sentence about what was found, None for nothing.

    What is small and needed by all comes first, the messages with their indexes last.
    """
    timer = threading.Timer(CHECK_TIME, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in sorted(tables, key=lambda name: (name == MESSAGES.name, name)):
            if table.startswith("sqlite_"):
                continue
            (found,) = connection.execute(f'PRAGMA quick_check("{table}")').fetchone()
            if found != "ok":
                note(path, sqlite3.DatabaseError(found))
                break
        else:
            forget(path)
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_INTERRUPT":
            note(path, error)
    finally:
        timer.cancel()
    return noted(path)
