"""The embedded database: its file, its connections, and its errors made ours."""

import contextlib
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import TypeVar

from zaqar import forks
from zaqar.clock import Clock
from zaqar.errors import Error, Unavailable
from zaqar.storage.sql.sqlite import anchors, damage
from zaqar.storage.sql.sqlite.anchored_clock import Anchor, AnchoredClock, Change, clock_of
from zaqar.storage.sql.sqlite.commit import BUSY, GroupCommit
from zaqar.storage.sql.sqlite.failure import is_damage, is_lack_of_room, is_outage, unavailable
from zaqar.storage.sql.sqlite.files import Files, Moved
from zaqar.storage.sql.sqlite.opening import LOG_LIMIT, READER_CACHE, Synchronous, connect, database_path
from zaqar.storage.sql.sqlite.reserve import make_way
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.sqlite.turn import Turn
from zaqar.storage.sql.sqlite.writer import Writer, close_all

Result = TypeVar("Result")
LOOK_INTERVAL = 0.1
"""Seconds between looks of those who read at whether the files still stand at their paths."""

_open_databases: "weakref.WeakValueDictionary[tuple[str, str], Database]" = weakref.WeakValueDictionary()
_opening = threading.Lock()


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
        self._least_idle = 0
        self._start()
        forks.tell(self)

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

    def read(self, question: Callable[[Session], Result]) -> Result:
        """Ask a question and return its answer. Statements that must see the same state go inside ``Session.snapshot``.

        Raises what the question raises, and ``Unavailable``.
        """
        if time.monotonic() > self._next_look:
            self._look()
        readers = self.idle_readers
        try:
            connection = readers.pop()
        except IndexError:
            connection = self._files.connect(self._connect)
        if len(readers) < self._least_idle:  # noqa: PLR1730  # half of what a call of min costs each reading
            self._least_idle = len(readers)
        try:
            result = question(Session(connection, self.clock.now()))
        except Error:  # that there is no such queue says nothing against the connection
            self._put_back(connection)
            raise
        except sqlite3.Error as error:
            self._files.close(connection)
            if is_damage(error):
                damage.note(self.path, error)
            if is_outage(error):
                raise unavailable(error) from error
            raise
        self._put_back(connection)
        return result

    def write(self, step: Callable[[Transaction], Result], *, adds: bool = False) -> Result:
        """Run ``step`` whole or not at all; return when its effect is durable. Raises what ``step`` raises.

        A step that ``adds`` data is refused where there is no room for more than what makes room.
        """
        if not self._is_timed:
            self._start_clock()
        return self.commit.run(step, adds=adds)

    def follow_clock(self) -> None:
        """Take over what other processes corrected of the time that they share, or correct it where it is time to.

        Silent where the database cannot answer: the next call does it.
        """
        if isinstance(self.clock, AnchoredClock) and self._is_timed:
            with contextlib.suppress(Unavailable):
                self.clock.follow()

    def is_alive(self) -> bool:
        """Tell whether the database can be read and written, and no damage was seen."""
        self._next_look = 0.0
        try:
            self.read(lambda session: session.connection.execute("SELECT last FROM positions").fetchone())
        except (Unavailable, sqlite3.Error):
            return False
        return not self._files.is_damaged and not self.commit.is_stuck()

    def complaint(self) -> str:
        """Say what is wrong with a database that is not alive."""
        sentence = damage.noted(self.path)
        if sentence is not None:
            return sentence
        try:
            self._look()
        except Unavailable as error:
            return str(error)
        return BUSY if self.commit.is_stuck() else "The embedded database cannot be read."

    @contextlib.contextmanager
    def sole_sweeper(self) -> Iterator[bool]:
        """Tell whether nobody else sweeps this database, in any process; if so, nobody begins before the block ends."""
        turn = Turn(self.path, "-sweep")
        try:
            yield turn.take_if_free()
        finally:
            turn.close()

    def tidy(self) -> None:
        """Close readers that nobody needed since the last call, and begin a log anew that has become too long.

        It becomes so while somebody always reads: SQLite begins it anew when nobody does.
        """
        with contextlib.suppress(IndexError):
            for _ in range(min(self._least_idle, len(self.idle_readers) - 1)):
                self._files.close(self.idle_readers.pop(0))
        self._least_idle = len(self.idle_readers)
        if self._files.log_size() > 2 * LOG_LIMIT:
            self._writer.is_log_too_long = True
            self.write(lambda _: None)

    def close(self) -> None:
        """Close all connections; the next call opens new ones."""
        self.commit.close()
        close_all(self._files, self.idle_readers)

    def forget_parent(self) -> None:
        """Let no connection cross a fork.

        A process takes SQLite's lock on a file once for all its connections. With one that it inherited it would believe
        to have the lock that only its parent has, and lose its writes when the parent closes the file and removes the log.
        """
        with contextlib.suppress(IndexError):
            while True:
                self.idle_readers.pop().close()
        self.commit.abandon()
        self._files.abandon()
        self._start()

    def _start_clock(self) -> None:
        """Set the time before the first transaction asks for it. Raises ``Unavailable``."""
        with self._timing:
            if not self._is_timed and isinstance(self.clock, AnchoredClock):
                self.clock.start()
                self._is_timed = True

    def _keep_anchor(self, change: Change) -> Anchor:
        try:
            return anchors.keep(self._connected, change)
        except Unavailable as error:
            # After a reboot with a full disk nothing could be asked before there is an anchor, removing included.
            if error.__cause__ is None or not is_lack_of_room(error.__cause__) or not make_way(self.path):
                raise
        return anchors.keep(self._connected, change)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection of its own to the files that stand at their paths."""
        connection = self._files.connect(self._connect)
        try:
            yield connection
        finally:
            self._files.close(connection)

    def _start(self) -> None:
        self._timing = threading.Lock()  # in a forked process nobody would give the parent's back
        self._next_look = 0.0
        self.idle_readers: list[sqlite3.Connection] = []  # the last used is at the end, and is used next
        self._files = Files(self.path)
        self._writer = Writer(lambda: connect(self.path, self._synchronous), self._files, self.idle_readers, self.clock)
        self.commit = GroupCommit(self.path, self._writer)

    def _look(self) -> None:
        """Set the time if it is not yet, and make sure that the open files still stand at their paths.

        Where others stand there, an empty write goes over to them. Raises ``Unavailable``.
        """
        if not self._is_timed:
            self._start_clock()
        try:
            self._files.check()
        except Moved:
            self.commit.run(lambda _: None)
        self._next_look = time.monotonic() + LOOK_INTERVAL

    def _put_back(self, connection: sqlite3.Connection) -> None:
        if connection in self._files.connections:
            self.idle_readers.append(connection)
        else:  # the files that it has open were replaced
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, self._synchronous, cache=READER_CACHE)
