"""What a question or a step is given to work with."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from zaqar.clock import Clock
from zaqar.storage.sql.schema import POSITIONS, RECORDS
from zaqar.storage.sql.statement import Parameters, Row, Statement

_LAST = Statement(sa.select(POSITIONS.c.last).where(POSITIONS.c.id == sa.literal_column("1")))
_ADVANCE = Statement(
    sa.update(POSITIONS).where(POSITIONS.c.id == sa.literal_column("1")).values(last=sa.bindparam("position"))
)
_COUNT = Statement(
    sa.update(RECORDS)
    .where(RECORDS.c.id == sa.bindparam("record"))
    .values(total=RECORDS.c.total + sa.bindparam("more"), claimed=RECORDS.c.claimed + sa.bindparam("more_claimed"))
)


class Session:
    """A connection at one moment; ``now`` is UTC in whole seconds."""

    __slots__ = ("connection", "now")

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self.connection = connection
        self.now = now

    def run(self, statement: Statement, parameters: Parameters) -> int:
        """Execute and return the number of rows it changed."""
        return self.connection.execute(statement.sql, parameters).rowcount

    def run_many(self, statement: Statement, parameters: Iterable[Parameters]) -> int:
        """Execute once for each set of parameters and return the number of rows changed."""
        return self.connection.executemany(statement.sql, parameters).rowcount

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """Return the first row, if there is one."""
        row: Row | None = self.connection.execute(statement.sql, parameters).fetchone()
        return row

    def rows(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Return all rows."""
        return self.connection.execute(statement.sql, parameters).fetchall()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all statements inside see the same state of the database."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")


class Transaction(Session):
    """A writing session, shared by the steps that are committed together."""

    __slots__ = ("_clock", "_counts", "_last", "_pending")

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        super().__init__(connection, clock.now())
        self._clock = clock
        self._last = 0
        self._counts: dict[int, tuple[int, int]] = {}
        self._pending: list[tuple[int, int, int]] = []

    def allocate(self, count: int) -> int:
        """Return the first of ``count`` consecutive positions, above all that were ever given.

        They follow the clock in microseconds, so that they tell one tenant nothing of what others post.
        """
        if not self._last:
            row = self.row(_LAST, {})
            self._last = max(row[0] if row else 0, self._clock.microseconds() - 1)
        first = self._last + 1
        self._last += count
        return first

    def count(self, record: int, *, total: int = 0, claimed: int = 0) -> None:
        """Change a queue's counters, provided that the step succeeds."""
        self._pending.append((record, total, claimed))

    def end_step(self, *, is_kept: bool) -> None:
        """Add up, or drop, what the step counted."""
        if is_kept:
            for record, total, claimed in self._pending:
                more, more_claimed = self._counts.get(record, (0, 0))
                self._counts[record] = (more + total, more_claimed + claimed)
        self._pending.clear()

    def finish(self) -> None:
        """Write what the steps left in memory: one statement per queue, however many steps touched it."""
        if self._last:
            self.run(_ADVANCE, {"position": self._last})
        for record, (more, more_claimed) in self._counts.items():
            if more or more_claimed:
                self.run(_COUNT, {"record": record, "more": more, "more_claimed": more_claimed})
