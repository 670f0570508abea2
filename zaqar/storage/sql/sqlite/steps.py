"""A queued write, and how its step runs beside others in one transaction."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from zaqar.storage.sql.sqlite.failure import is_damage, is_outage
from zaqar.storage.sql.sqlite.session import Transaction


class Write:
    """A queued step and what became of it. ``adds`` says that it adds data, for which there may be no room."""

    __slots__ = ("adds", "awake", "error", "is_committed", "is_refused", "leads", "result", "step")

    def __init__(self, step: Callable[[Transaction], Any], *, adds: bool) -> None:
        self.step = step
        self.adds = adds
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_committed = False
        self.is_refused = False
        self.leads = False
        self.awake = threading.Lock()
        self.awake.acquire()

    def refuse(self, error: BaseException) -> None:
        """Leave the step out of the transaction."""
        self.error = error
        self.is_refused = True


class Spoiled(Exception):
    """A step failed after it had written, so the transaction holds half of it."""


class Struck(Exception):
    """A step came upon damage; what it is chained to says which."""

    def __init__(self, write: Write) -> None:
        super().__init__()
        self.write = write


class Isolated:
    """Lets the failure of a step be its owner's alone; a failure of the database itself goes on.

    A step that fails has nearly always only read. So the first attempt at a batch sets no savepoints, which would
    double the calls of the driver; should a step fail after it wrote, the batch is rolled back and run again with them.
    """

    __slots__ = ("_connection", "_has_savepoint", "_transaction", "_write")

    def __init__(self, transaction: Transaction, write: Write, *, has_savepoint: bool) -> None:
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
        if error is not None and self._has_savepoint and is_damage(error):
            raise Struck(self._write) from error
        # An outage may have struck rows of other steps, or the whole transaction: nobody's work can be trusted.
        if error is not None and (is_outage(error) or not self._connection.in_transaction):
            return False
        self._transaction.end_step(is_kept=error is None)
        if error is not None and has_written and not self._has_savepoint:
            raise Spoiled from error
        if self._has_savepoint:
            self._connection.execute("RELEASE step" if error is None else "ROLLBACK TO step")
            if error is not None:
                self._transaction.known.clear()  # among them, maybe, a record that is no more
        self._write.error = error
        return True
