"""The connection that writes, and how it commits a batch of steps. Whoever uses it has the turn to write."""

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from zaqar.clock import Clock
from zaqar.storage.sql.sqlite import damage
from zaqar.storage.sql.sqlite.failure import full, is_damage, is_lack_of_room, is_outage
from zaqar.storage.sql.sqlite.files import Files, Moved
from zaqar.storage.sql.sqlite.reserve import FREE_PAGES, Reserve, widen_log
from zaqar.storage.sql.sqlite.session import Known, Transaction
from zaqar.storage.sql.sqlite.steps import Isolated, Spoiled, Struck, Write

if TYPE_CHECKING:
    from zaqar.models import QueueKey

MOST_KNOWN = 10_000
"""Queues whose records a process remembers."""

READERS_PATIENCE = 50
"""Milliseconds that all writes wait for readers so that the log can begin anew."""


class _Crowded(Exception):
    """Without a reserve, what a batch adds would leave too few free pages for claims and deletions."""


class Writer:
    """The one connection of a process that writes.

    ``idle`` are connections that nobody reads from at the moment. ``known`` are the queues' records that were looked
    up, to be forgotten when any process drops a record, or changes until when posts to its queue leave notices.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], files: Files, idle: list[sqlite3.Connection], clock: Clock
    ) -> None:
        self.connection: sqlite3.Connection | None = None
        self._connect = connect
        self._files = files
        self._idle = idle
        self._clock = clock
        self.is_log_too_long = False
        self._reserve = Reserve(files.path)
        self.known: dict[QueueKey, Known] = {}
        self._drops = -1

    def commit(self, take: Callable[[], Sequence[Write]]) -> None:
        """Commit the steps that ``take`` returns, into the files that stand at their paths."""
        connection = self._opened()
        batch = take()
        if not self._files.has_reserve and any(write.adds for write in batch) and self._reserve.make():
            self._files.check()
        try:
            self._commit_what_fits(connection, batch)
        except sqlite3.Error as error:
            if not is_lack_of_room(error):
                raise
            self._make_room(connection)
            self._commit_what_fits(connection, batch)
        self._files.check()
        if self.is_log_too_long:
            self.is_log_too_long = False
            _begin_log_anew(connection)  # the next commit cuts off what is beyond the usual length

    def close(self) -> None:
        """Close the connection: the next batch opens a new one, whatever state this one is in."""
        self.known.clear()
        if self.connection is not None:
            self._files.close(self.connection)
            self.connection = None

    def _opened(self) -> sqlite3.Connection:
        """Return the connection to the files that stand at their paths now. Raises ``Moved``."""
        try:
            self._files.check()
        except Moved:
            self._follow()
        if self.connection is None:
            self.connection = self._files.connect(self._connect)
        return self.connection

    def _follow(self) -> None:
        """Leave files that were replaced for those that replaced them. Raises ``Moved``."""
        if self.connection is None and self._idle:
            self.connection = self._idle.pop()
        is_free = self._files.leave(self.connection)
        self.close()
        close_all(self._files, self._idle)
        damage.forget(self._files.path)
        if not is_free:
            self._files.check()  # raises while a reader has still not come back

    def _commit_what_fits(self, connection: sqlite3.Connection, batch: Sequence[Write]) -> None:
        """Commit the batch; where it does not fit and there is no reserve, refuse the steps that add, and commit the others."""
        try:
            self._commit_whole(connection, batch)
        except (_Crowded, sqlite3.Error) as error:
            adding = [write for write in batch if write.adds and not write.is_refused]
            is_full = isinstance(error, _Crowded) or is_lack_of_room(error)
            if self._files.has_reserve or not is_full or not adding:
                raise
            self._roll_back(connection)
            for write in adding:
                write.refuse(full())
            self._commit_whole(connection, batch)

    def _commit_whole(self, connection: sqlite3.Connection, batch: Sequence[Write]) -> None:
        """Commit the batch; steps that came upon damage are left out, one after the other."""
        has_savepoints = False
        while True:
            try:
                self._attempt(connection, batch, has_savepoints=has_savepoints)
            except Spoiled:
                pass
            except Struck as struck:
                struck.write.refuse(struck.__cause__ or struck)
            except sqlite3.DatabaseError as error:
                if has_savepoints or not is_damage(error):
                    raise
            else:
                return
            has_savepoints = True
            self._roll_back(connection)

    def _attempt(self, connection: sqlite3.Connection, batch: Sequence[Write], *, has_savepoints: bool) -> None:
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(connection, self._clock, self.known)
        if transaction.drops != self._drops or len(self.known) > MOST_KNOWN:
            self.known.clear()
            self._drops = transaction.drops
        pages = None if self._files.has_reserve else _pages(connection)
        for write in batch:
            if write.is_refused:
                continue
            with Isolated(transaction, write, has_savepoint=has_savepoints):
                write.result = write.step(transaction)
                if has_savepoints:
                    transaction.insert_step()
        try:
            transaction.finish()
        except (sqlite3.Error, ValueError, OverflowError) as error:  # a row that the database refuses
            if has_savepoints or is_outage(error):
                raise
            raise Spoiled from error
        if pages is not None and any(write.adds and not write.is_refused for write in batch):
            _check_room(connection, pages)
        connection.execute("COMMIT")

    def _roll_back(self, connection: sqlite3.Connection) -> None:
        self.known.clear()
        if connection.in_transaction:
            connection.execute("ROLLBACK")

    def _make_room(self, connection: sqlite3.Connection) -> None:
        """Give the reserve back to the disk, and take of it what the log needs. The next attempt begins the log anew."""
        self._roll_back(connection)
        self._reserve.give_back()
        self._files.check()
        _begin_log_anew(connection)
        widen_log(self._files.path)


def _begin_log_anew(connection: sqlite3.Connection) -> None:
    """Bring the whole log into the file, so that it is written from its beginning; readers are waited for, for a moment."""
    (timeout,) = connection.execute("PRAGMA busy_timeout").fetchone()
    connection.execute(f"PRAGMA busy_timeout = {READERS_PATIENCE}")
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(RESTART)")
    connection.execute(f"PRAGMA busy_timeout = {timeout}")


def close_all(files: Files, connections: list[sqlite3.Connection]) -> None:
    """Close connections that nobody uses; others take and give back meanwhile."""
    with contextlib.suppress(IndexError):
        while True:
            files.close(connections.pop())


def _pages(connection: sqlite3.Connection) -> int:
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    return pages


def _check_room(connection: sqlite3.Connection, pages: int) -> None:
    """Raise ``_Crowded`` if the file grows, or keeps too few free pages."""
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    if free < FREE_PAGES or _pages(connection) > pages:
        raise _Crowded
