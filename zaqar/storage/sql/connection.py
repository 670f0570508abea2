"""The embedded database: its file, its connections, and its errors made ours."""

import contextlib
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from zaqar.clock import Clock
from zaqar.errors import ConfigurationError, Error, Unavailable
from zaqar.storage.sql import anchors
from zaqar.storage.sql.anchored_clock import Anchor, AnchoredClock, Change, clock_of
from zaqar.storage.sql.commit import GroupCommit
from zaqar.storage.sql.failure import is_outage, translated_errors, unavailable
from zaqar.storage.sql.session import Session, Transaction

Result = TypeVar("Result")
Synchronous = Literal["FULL", "NORMAL"]

BUSY_TIMEOUT = 5.0
"""Seconds that a write waits for a foreign program that holds the database."""

_open_databases: "weakref.WeakValueDictionary[tuple[str, str], Database]" = weakref.WeakValueDictionary()
_opening = threading.Lock()
_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()


class Database:
    """One SQLite file: reads run side by side, writes through one group commit per process.

    Safe between threads and between processes, also when a process forks after opening it.
    """

    def __init__(self, uri: str, *, synchronous: Synchronous = "FULL", clock: Clock | None = None) -> None:
        self.path = database_path(uri)
        self._synchronous = synchronous
        self.given_clock = clock
        self.clock = clock or clock_of(self._keep_anchor)
        self._is_timed = not isinstance(self.clock, AnchoredClock)
        self._start()
        _databases.add(self)

    @classmethod
    def shared(cls, uri: str, *, synchronous: Synchronous = "FULL", clock: Clock | None) -> "Database":
        """Return the process's database for ``uri``, so that both stores on one file commit together.

        Without a clock it has one of its own, which all processes share that use the file.
        """
        key = (uri, synchronous)
        with _opening:
            database = _open_databases.get(key)
            if database is None or database.given_clock is not clock:
                database = _open_databases[key] = cls(uri, synchronous=synchronous, clock=clock)
            return database

    @property
    def sweep_lock_path(self) -> str:
        """Return the file that a process locks while it sweeps, so that one at a time does."""
        return f"{self.path}-sweep"

    def read(self, question: Callable[[Session], Result]) -> Result:
        """Ask one snapshot-free question; several statements that must agree go inside ``Session.snapshot``."""
        if not self._is_timed:
            self._start_clock()
        try:
            connection = self._readers.pop()
        except IndexError:
            connection = self._connect()
        try:
            result = question(Session(connection, self.clock.now()))
        except Error:  # that there is no such queue says nothing against the connection
            self._readers.append(connection)
            raise
        except sqlite3.Error as error:
            connection.close()
            if is_outage(error):
                raise unavailable(error) from error
            raise
        self._readers.append(connection)
        return result

    def write(self, step: Callable[[Transaction], Result]) -> Result:
        """Run ``step`` whole or not at all; return when its effect is durable. Raises what ``step`` raises."""
        if not self._is_timed:
            self._start_clock()
        return self._commit.run(step)

    def follow_clock(self) -> None:
        """Take over corrections of the time that all processes share; every few seconds. Raises ``Unavailable``."""
        if isinstance(self.clock, AnchoredClock) and self._is_timed:
            self.clock.follow()

    def is_alive(self) -> bool:
        """Tell whether the database can be read."""
        try:
            self.read(lambda session: session.connection.execute("SELECT last FROM positions").fetchone())
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self._commit.close()
        self._close_readers()

    def abandon(self) -> None:
        """Let go of the parent's connections in a forked process, and start anew."""
        self._close_readers()
        self._commit.abandon()
        self._start()

    def _start_clock(self) -> None:
        """Set the time before the first transaction asks for it. Raises ``Unavailable``."""
        with self._timing:
            if not self._is_timed and isinstance(self.clock, AnchoredClock):
                self.clock.start()
                self._is_timed = True

    def _keep_anchor(self, change: Change) -> Anchor:
        return anchors.keep(self._connect, change)

    def _start(self) -> None:
        self._timing = threading.Lock()  # in a forked process nobody would give the parent's back
        self._readers: list[sqlite3.Connection] = []
        self._commit = GroupCommit(self._connect_writer, self.path, self.clock)

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, self._synchronous)

    def _connect_writer(self) -> sqlite3.Connection:
        """Connect anew, readers too: the file may be another one now."""
        self._close_readers()
        return self._connect()

    def _close_readers(self) -> None:
        with contextlib.suppress(IndexError):  # others take and give back meanwhile
            while True:
                self._readers.pop().close()


def _forget_parent() -> None:
    """Let no connection cross a fork, of any database.

    A process takes SQLite's lock on a file once for all its connections. With one that it inherited it would believe to
    have the lock that only its parent has, and lose its writes when the parent closes the file and removes the log.
    """
    for database in _databases:
        database.abandon()


os.register_at_fork(after_in_child=_forget_parent)


def database_path(uri: str) -> str:
    """Return the absolute path of the file. Raises ``ConfigurationError`` for what is not a SQLite file."""
    try:
        url = make_url(uri)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigurationError("The uri of the sqlalchemy store is not a database URL.") from error
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"The sqlalchemy store does not serve {url.get_backend_name()} yet; use sqlite:////path/of/the/file.db."
        )
    if url.query:
        raise ConfigurationError("The uri of a SQLite store takes no options after a question mark.")
    if url.host or url.username:  # else the file would be made in some folder below the current one
        raise ConfigurationError("The uri of a SQLite store begins with three slashes, or four for an absolute path.")
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "A SQLite store in memory would lose acknowledged messages and cannot be shared by worker processes; "
            "use sqlite:////path/of/the/file.db."
        )
    if "\0" in url.database:
        raise ConfigurationError("The uri of a SQLite store has a character that cannot be part of a file's name.")
    return str(Path(url.database).expanduser().absolute())


def connect(path: str, synchronous: Synchronous) -> sqlite3.Connection:
    """Open a connection in WAL mode. Raises ``Unavailable``."""
    with translated_errors():
        connection = sqlite3.connect(
            path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute("PRAGMA cache_size = -16384")
            # A checkpoint syncs the whole file: rarer ones cost less than the longer log they leave to readers.
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
        except sqlite3.Error:
            connection.close()
            raise
        return connection
