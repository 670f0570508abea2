"""The files of a database: whether those that a process has open still stand at their paths.

SQLite goes on with a file that was moved away, and with a log (``-wal``, and its index ``-shm``) that was removed: what it
commits there is lost for everybody who comes later. So each write looks before it begins and again before it is
acknowledged. A look is one call: as long as the folder has not changed, nobody has moved, removed or replaced a file in it.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from zaqar.errors import Unavailable

SETTLED = 100_000_000
"""Nanoseconds after which a folder's time of change differs from that of any later change: clocks tick every 10 ms."""

PRIVATE = 0o600
"""The mode of every file of a database."""


class Moved(Unavailable):
    """Other files stand, or none, where this process has opened some."""


class Standing(NamedTuple):
    """What stands at the paths of the database, its log and the log's index: device and inode of each."""

    database: tuple[int, int] | None
    log: tuple[int, int] | None
    log_index: tuple[int, int] | None


class Files:
    """The files that the connections of this process have open, and what was left beside them for all processes.

    ``has_reserve`` and ``is_damaged`` are as the last check found them; ``connections`` are those to the files in use.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.has_reserve = False
        self.is_damaged = False
        self._folder = os.path.dirname(path)  # noqa: PTH120 - texts in this module: a check is made twice in each write
        self._unchanged: tuple[int, int, int] | None = None
        self._known: Standing | None = None
        self._log: int | None = None
        self.connections: set[sqlite3.Connection] = set()
        self._mutex = threading.Lock()

    def check(self) -> None:
        """Make sure that what is open stands at its paths. Raises ``Moved``."""
        try:
            status = os.stat(self._folder)  # noqa: PTH116
        except OSError as error:
            raise Moved("The folder of the embedded database is not in its place.") from error
        state = (status.st_dev, status.st_ino, status.st_ctime_ns)
        if state == self._unchanged:
            return
        self._unchanged = None
        known = self._known
        found = self._look()
        if known is None:
            return
        if found != known:
            raise Moved(_sentence(found, known))
        if time.time_ns() - status.st_ctime_ns > SETTLED and not os.path.islink(self.path):  # noqa: PTH114
            self._unchanged = state

    def connect(self, make: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
        """Open a connection to the files that are open, or, where none are, to those that stand there.

        Raises ``Moved``, and what ``make`` raises.
        """
        with self._mutex:
            before = self._look()
            if before.database is None or self._known not in (None, before):
                raise Moved(_sentence(before, self._known or before))
            if os.stat(self.path).st_size == 0:  # noqa: PTH116
                # SQLite takes it for a new database, and removes the log that belongs to what is to come back here.
                raise Moved("The file of the embedded database is empty.")
            connection = make()
            found = self._look()
            if None in found or found.database != before.database or self._known not in (None, found):
                connection.close()
                raise Moved(_sentence(found, before))
            if self._known is None:
                self._remember(found)
            self.connections.add(connection)
            return connection

    def close(self, connection: sqlite3.Connection) -> None:
        """Close a connection; with the last, what was open is forgotten."""
        with self._mutex:
            close(connection, self.path)
            self.connections.discard(connection)
            if not self.connections:
                self._forget()

    def leave(self, connection: sqlite3.Connection | None) -> bool:
        """Let what stands at the paths now take the place of what is open, if no acknowledged write is lost by that.

        The caller holds the lock file, and closes all connections it can. Returns whether the others need not be waited
        for. ``connection`` is a spare one. Raises ``Moved``: what is open may come back.
        """
        with self._mutex:
            known, found = self._known, self._look()
            if known is None or found == known:
                return True
            if found.database is None or (found.database != known.database and _shares_log(found, known)):
                raise Moved(_sentence(found, known))
            if found.database != known.database:
                self.connections = set()
                self._forget()
                return True
            if found.log is None and found.log_index is None and connection is not None:
                # What was committed is in the log that only open connections see: it goes into the file before all else.
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if self._log is None or os.fstat(self._log).st_size:
                raise Moved(_sentence(found, known))
            return False

    def abandon(self) -> None:
        """Forget, in a forked process, what the parent has open."""
        if self._log is not None:
            os.close(self._log)

    def log_size(self) -> int:
        """Return the length of the log in bytes, 0 when it is not open."""
        return 0 if self._log is None else os.fstat(self._log).st_size

    def _look(self) -> Standing:
        real = os.path.realpath(self.path)  # SQLite puts the log beside the file that a link leads to
        self._folder = os.path.dirname(real)  # noqa: PTH120
        self.has_reserve = os.path.exists(reserve_path(real))  # noqa: PTH110
        self.is_damaged = os.path.exists(damage_path(real))  # noqa: PTH110
        return Standing(_identity(real), _identity(f"{real}-wal"), _identity(f"{real}-shm"))

    def _remember(self, found: Standing) -> None:
        self._known, self._unchanged = found, None
        # SQLite takes no locks on its log, so that closing this later gives none away.
        self._log = os.open(f"{os.path.realpath(self.path)}-wal", os.O_RDONLY | os.O_CLOEXEC)

    def _forget(self) -> None:
        self._known = self._unchanged = None
        if self._log is not None:
            os.close(self._log)
            self._log = None


def reserve_path(path: str) -> str:
    """Return the file that keeps room for what makes room."""
    return f"{os.path.realpath(path)}-reserve"


def spare_path(path: str) -> str:
    """Return the file that keeps the room of a log which was closed on a full disk."""
    return f"{os.path.realpath(path)}-spare"


def close(connection: sqlite3.Connection, path: str) -> None:
    """Close a connection. Where there is no reserve, the log's room is kept: with the last, SQLite removes the log."""
    if not os.path.exists(reserve_path(path)):  # noqa: PTH110
        with contextlib.suppress(OSError):
            os.link(f"{os.path.realpath(path)}-wal", spare_path(path))
    connection.close()


def damage_path(path: str) -> str:
    """Return the file that says what damage was seen."""
    return f"{os.path.realpath(path)}-damaged"


def make_private(path: str) -> bool:
    """Take a file's permissions from everybody but its owner; tell whether that was needed.

    Silent where there is no such file, or no right to change it: then the answer is True as well.
    """
    try:
        if os.stat(path).st_mode & 0o777 & ~PRIVATE == 0:  # noqa: PTH116
            return False
        os.chmod(path, PRIVATE)  # noqa: PTH101
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return True


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _shares_log(found: Standing, known: Standing) -> bool:
    return found.log == known.log is not None or found.log_index == known.log_index is not None


def _sentence(found: Standing, known: Standing) -> str:
    if found.database is None:
        return "The embedded database is not in its place."
    if found.database != known.database:
        if _shares_log(found, known):
            return "The embedded database was replaced, but its log was not."
        return "The embedded database was replaced."
    return "The log of the embedded database was removed or replaced."
