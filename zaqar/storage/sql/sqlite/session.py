"""What a question or a step is given to work with: statements run on a connection, and what the steps of a batch share."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from zaqar.clock import Clock
from zaqar.models import QueueKey
from zaqar.storage.ids import position_at
from zaqar.storage.sql.schema import MESSAGES, NEW_MESSAGE, POSITIONS, RECORDS
from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.statement import CHUNK, Parameters, Row, Statement, StatementForMany, chunks, constant, one_of

_STATE = Statement(sa.select(POSITIONS.c.last, POSITIONS.c.drops).where(POSITIONS.c.id == constant(1)))
_ADVANCE = Statement(sa.update(POSITIONS).where(POSITIONS.c.id == constant(1)).values(last=sa.bindparam("position")))


def _insertion(count: int) -> sa.Insert:
    """Return the statement that inserts messages, given as rows of ``NEW_MESSAGE``."""
    fixed = {"claim": sa.null(), "claim_count": constant(0)}
    rows: list[dict[str, Any]] = [
        {name: sa.bindparam(f"{name}{index}") for name in NEW_MESSAGE} for index in range(count)
    ]
    return sa.insert(MESSAGES).values([{**row, **fixed} for row in rows])


def _counting(count: int) -> sa.Update:
    """Return the statement that changes the counters of several queues."""

    def change(name: str) -> sa.ColumnElement[int]:
        cases: list[Any] = [(RECORDS.c.id == sa.bindparam(f"at{i}"), sa.bindparam(f"{name}{i}")) for i in range(count)]
        return RECORDS.c[name] + sa.case(*cases, else_=constant(0))

    return (
        sa.update(RECORDS).where(one_of(RECORDS.c.id, count)).values(total=change("total"), claimed=change("claimed"))
    )


INSERT_MESSAGES = StatementForMany(_insertion, is_positional=True)
_COUNT = StatementForMany(_counting)


class Session:
    """A connection at one moment; ``now`` is UTC in whole seconds."""

    __slots__ = ("connection", "now")

    def __init__(self, connection: sqlite3.Connection, now: int) -> None:
        self.connection = connection
        self.now = now

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """Return the first row, if there is one."""
        row: Row | None = self.connection.execute(SQL[statement], parameters).fetchone()
        return row

    def rows(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Return all rows."""
        return self.connection.execute(SQL[statement], parameters).fetchall()

    def rows_at(self, statement: StatementForMany, positions: Sequence[int], parameters: Parameters) -> list[Row]:
        """Return the rows at some positions, in order where the statement orders them."""
        return [
            row for count, names in chunks(positions) for row in self.rows(statement.of(count), {**names, **parameters})
        ]

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let all statements inside see the same state of the database."""
        self.connection.execute("BEGIN")
        try:
            yield
        finally:
            self.connection.execute("COMMIT")


class Transaction(Session):
    """A writing session, shared by the steps that are committed together.

    ``record_ids`` remembers the ids of queues' records from one transaction to the next; ``drops`` counts the records
    that were ever dropped, by any process, and so tells when to forget them. ``settled`` are the queues in which nothing
    can fall due any more before the transaction ends, ``settled_rows`` the messages that settling has changed in it.
    """

    __slots__ = (
        "_clock",
        "_counts",
        "_last",
        "_new",
        "_step_counts",
        "_step_new",
        "_stored",
        "drops",
        "has_written",
        "record_ids",
        "settled",
        "settled_rows",
    )

    def __init__(self, connection: sqlite3.Connection, clock: Clock, record_ids: dict[QueueKey, int]) -> None:
        super().__init__(connection, clock.now())
        self._clock = clock
        self._stored, self.drops = connection.execute(SQL[_STATE]).fetchone()
        self._last = 0
        self._new: list[tuple[Any, ...]] = []
        self._step_new: list[tuple[Any, ...]] = []
        self._counts: dict[int, tuple[int, int]] = {}
        self._step_counts: list[tuple[int, int, int]] = []
        self.record_ids = record_ids
        self.settled: set[QueueKey] = set()
        self.settled_rows = 0
        self.has_written = False

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """Return the first row, if there is one; new messages are seen."""
        self._insert_new()
        return super().row(statement, parameters)

    def rows(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Return all rows; new messages are seen."""
        self._insert_new()
        return super().rows(statement, parameters)

    def run(self, statement: Statement, parameters: Parameters) -> int:
        """Execute and return the number of rows it changed."""
        self._insert_new()
        changed = self.connection.execute(SQL[statement], parameters).rowcount
        if changed:
            self.has_written = True
        return changed

    def change(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Execute and return the rows it changed, in any order."""
        rows = self.rows(statement, parameters)
        if rows:
            self.has_written = True
        return rows

    def run_at(self, statement: StatementForMany, positions: Sequence[int], parameters: Parameters) -> int:
        """Execute for some positions and return the number of rows changed."""
        return sum(self.run(statement.of(count), {**names, **parameters}) for count, names in chunks(positions))

    def change_at(self, statement: StatementForMany, positions: Sequence[int], parameters: Parameters) -> list[Row]:
        """Execute for some positions and return the rows changed, in any order."""
        return [
            row
            for count, names in chunks(positions)
            for row in self.change(statement.of(count), {**names, **parameters})
        ]

    def add_messages(self, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert messages, columns as in ``NEW_MESSAGE``, provided that the step succeeds.

        They wait in memory, so that the posts of many steps become one statement.
        """
        self._step_new += rows

    def allocate(self, count: int) -> int:
        """Return the first of ``count`` consecutive positions, above all that were ever given.

        They follow the clock in microseconds, so that they tell one tenant nothing of what others post.
        """
        if not self._last:
            self._last = max(self._stored, position_at(self._clock.microseconds()) - 1)
        first = self._last + 1
        self._last += count
        return first

    def count(self, record: int, *, total: int = 0, claimed: int = 0) -> None:
        """Change a queue's counters, provided that the step succeeds."""
        self._step_counts.append((record, total, claimed))

    def insert_step(self) -> None:
        """Insert the step's new messages now, so that they stand or fall with its savepoint."""
        self._insert(self._step_new)

    def end_step(self, *, is_kept: bool) -> None:
        """Add up, or drop, what the step left in memory, and be ready for the next."""
        if is_kept:
            self._new += self._step_new
            for record, total, claimed in self._step_counts:
                more, more_claimed = self._counts.get(record, (0, 0))
                self._counts[record] = (more + total, more_claimed + claimed)
        self._step_new.clear()
        self._step_counts.clear()
        self.has_written = False

    def finish(self) -> None:
        """Write what the steps left in memory: one statement of a kind, however many steps there were."""
        self._insert_new()
        if self._last:
            self.run(_ADVANCE, {"position": self._last})
        changed = [(record, *more) for record, more in self._counts.items() if any(more)]
        for start in range(0, len(changed), CHUNK):
            chunk = changed[start : start + CHUNK]
            parameters: dict[str, int] = {}
            for index, (record, total, claimed) in enumerate(chunk):
                parameters |= {f"at{index}": record, f"total{index}": total, f"claimed{index}": claimed}
            self.run(_COUNT.of(len(chunk)), parameters)

    def _insert_new(self) -> None:
        if self._new:
            self._insert(self._new)

    def _insert(self, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows and take them off the list; what the database refuses stays, and fails the transaction."""
        while rows:
            chunk = rows[:CHUNK]
            self.connection.execute(SQL[INSERT_MESSAGES.of(len(chunk))], [value for row in chunk for value in row])
            del rows[:CHUNK]
