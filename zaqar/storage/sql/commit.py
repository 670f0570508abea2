"""Group commit: many writes, one sync of the disk.

A thread that wants to write queues its step. The first becomes the leader: it locks the file that the processes share,
takes all that is queued, runs the steps in one transaction, where each fails alone, commits, and wakes their owners.
Meanwhile the next batch gathers, and its first waiter leads it.

Rejected: SQLite's own busy polling between processes (a third of the throughput, and pauses of half a second), and a
writer thread of its own (two more switches of thread for a lone client).
"""

import fcntl
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast

from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.storage.sql.failure import is_outage, unavailable
from zaqar.storage.sql.session import Transaction

if TYPE_CHECKING:
    from zaqar.models import QueueKey

Result = TypeVar("Result")

MOST_RECORD_IDS = 10_000
"""Queues whose record ids a process remembers."""

PATIENCE = 20.0
"""Seconds that a step waits for its turn, and again for its commit, before the caller is told to try again."""


class _Write:
    """A queued step and what became of it."""

    __slots__ = ("awake", "error", "is_committed", "leads", "result", "step")

    def __init__(self, step: Callable[[Transaction], Any]) -> None:
        self.step = step
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_committed = False
        self.leads = False
        self.awake = threading.Lock()
        self.awake.acquire()


class _Spoiled(Exception):
    """A step failed after it had written, so the transaction holds half of it."""


class _Step:
    """Lets the failure of a step be its owner's alone; a failure of the database itself goes on.

    A step that fails has nearly always only read. So the first attempt at a batch sets no savepoints, which would
    double the calls of the driver; should a step fail after it wrote, the batch is rolled back and run again with them.
    """

    __slots__ = ("_connection", "_has_savepoint", "_transaction", "_write")

    def __init__(self, transaction: Transaction, write: _Write, *, has_savepoint: bool) -> None:
        self._connection = transaction.connection
        self._transaction = transaction
        self._write = write
        self._has_savepoint = has_savepoint

    def __enter__(self) -> None:
        self._write.error = None
        if self._has_savepoint:
            self._connection.execute("SAVEPOINT step")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        has_written = self._transaction.has_written
        # An outage may have struck rows of other steps, or the whole transaction: nobody's work can be trusted.
        if error is not None and (is_outage(error) or not self._connection.in_transaction):
            return False
        self._transaction.end_step(is_kept=error is None)
        if error is not None and has_written and not self._has_savepoint:
            raise _Spoiled from error
        if self._has_savepoint:
            self._connection.execute("RELEASE step" if error is None else "ROLLBACK TO step")
            if error is not None:
                self._transaction.record_ids.clear()  # among them, maybe, the id of a record that is no more
        self._write.error = error
        return True


class GroupCommit:
    """The one path of all writes of a process to one database."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], path: str, clock: Clock) -> None:
        self._connect = connect
        self._path = Path(path)
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._lock_file: int | None = None
        self._mutex = threading.Lock()
        self._queue: deque[_Write] = deque()
        self._is_led = False
        self._record_ids: dict[QueueKey, int] = {}
        self._drops = -1

    def run(self, step: Callable[[Transaction], Result]) -> Result:
        """Run ``step`` and return its result once it is durable. Raises what it raises, or ``Unavailable``."""
        write = _Write(step)
        with self._mutex:
            self._queue.append(write)
            write.leads, self._is_led = not self._is_led, True
        if not write.leads:
            self._wait(write)
        if write.leads:
            self._lead()
        if write.error is not None:
            raise unavailable(write.error) if is_outage(write.error) else write.error
        if not write.is_committed:
            raise Unavailable("The embedded database could not finish a transaction.")
        return cast("Result", write.result)

    def close(self) -> None:
        """Close the connection and the lock file."""
        with self._mutex:
            if self._connection is not None:
                self._connection.close()
            if self._lock_file is not None:
                os.close(self._lock_file)
            self._connection = self._lock_file = None

    def abandon(self) -> None:
        """Let go, in a forked process, of what is the parent's; it goes on there.

        A connection that was in use stays open, as its mutex is held by a thread that is not here. The lock file goes
        in any case: the parent's lock would last until this process ends, too.
        """
        if self._connection is not None and not self._is_led:
            self._connection.close()
        if self._lock_file is not None:
            os.close(self._lock_file)

    def _wait(self, write: _Write) -> None:
        if write.awake.acquire(timeout=PATIENCE):
            return
        with self._mutex:
            if write.leads:  # woken between the timeout and now
                write.awake.acquire()
                return
            if write in self._queue:
                self._queue.remove(write)
                raise Unavailable("The embedded database is busy.")
        if not write.awake.acquire(timeout=PATIENCE):
            raise Unavailable("The embedded database does not answer; the request may or may not have been done.")

    def _lead(self) -> None:
        """Commit what is queued, hand over, and wake the owners."""
        batch: list[_Write] = []
        try:
            self._commit(batch)
        except (sqlite3.Error, OSError, Unavailable) as error:
            self._take(batch)
            for write in batch:
                write.error = error  # also where a step was refused: what it was refused for may be undone
        finally:
            if not (batch and batch[0].is_committed):
                self._drop_connection()
            self._hand_over()
            for write in batch:
                write.awake.release()

    def _take(self, batch: list[_Write]) -> None:
        with self._mutex:
            batch += self._queue
            self._queue.clear()

    def _hand_over(self) -> None:
        with self._mutex:
            self._is_led = bool(self._queue)
            if self._queue:
                self._queue[0].leads = True
                self._queue[0].awake.release()

    def _commit(self, batch: list[_Write]) -> None:
        lock_file = self._open_lock_file()
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        try:
            connection = self._open()
            self._take(batch)  # not before: while it waited for the lock, more gathered
            try:
                self._attempt(connection, batch, has_savepoints=False)
            except _Spoiled:
                connection.execute("ROLLBACK")
                self._record_ids.clear()
                self._attempt(connection, batch, has_savepoints=True)
        finally:
            fcntl.flock(lock_file, fcntl.LOCK_UN)
        for write in batch:
            write.is_committed = True

    def _attempt(self, connection: sqlite3.Connection, batch: list[_Write], *, has_savepoints: bool) -> None:
        connection.execute("BEGIN IMMEDIATE")
        transaction = Transaction(connection, self._clock, self._record_ids)
        if transaction.drops != self._drops or len(self._record_ids) > MOST_RECORD_IDS:
            self._record_ids.clear()
            self._drops = transaction.drops
        for write in batch:
            with _Step(transaction, write, has_savepoint=has_savepoints):
                write.result = write.step(transaction)
                if has_savepoints:
                    transaction.insert_step()
        try:
            transaction.finish()
        except (sqlite3.Error, ValueError, OverflowError) as error:  # a row that the database refuses
            if has_savepoints or is_outage(error):
                raise
            raise _Spoiled from error
        connection.execute("COMMIT")

    def _open_lock_file(self) -> int:
        if self._lock_file is None:
            self._lock_file = os.open(f"{self._path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._lock_file

    def _open(self) -> sqlite3.Connection:
        """Return the connection to the file that is at the path now: what goes to one that was replaced is lost."""
        status = self._path.stat()
        file = (status.st_dev, status.st_ino)
        if self._connection is None or file != self._file:
            self._drop_connection()
            self._connection, self._file = self._connect(), file
        return self._connection

    def _drop_connection(self) -> None:
        """Roll back by closing: the next batch opens a new connection, whatever state this one is in."""
        self._record_ids.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
