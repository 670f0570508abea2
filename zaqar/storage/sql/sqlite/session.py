"""What a question or a step is given to work with: statements run on a connection, and what the steps of a batch share."""

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from zaqar.clock import Clock
from zaqar.models import QueueKey
from zaqar.storage.ids import position_at
from zaqar.storage.sql.schema import MESSAGES, NEW_MESSAGE, NOTICES, POSITIONS, RECORDS
from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.sqlite.pending import Pending, PendingRow, insertion
from zaqar.storage.sql.statement import CHUNK, Parameters, Row, Statement, StatementForMany, chunks, constant, one_of

_STATE = Statement(sa.select(POSITIONS.c.last, POSITIONS.c.drops).where(POSITIONS.c.id == constant(1)))
_ADVANCE = Statement(sa.update(POSITIONS).where(POSITIONS.c.id == constant(1)).values(last=sa.bindparam("position")))


def _counting(count: int) -> sa.Update:
    """Return the statement that changes the counters of several queues."""

    def change(name: str) -> sa.ColumnElement[int]:
        cases: list[Any] = [(RECORDS.c.id == sa.bindparam(f"at{i}"), sa.bindparam(f"{name}{i}")) for i in range(count)]
        return RECORDS.c[name] + sa.case(*cases, else_=constant(0))

    return (
        sa.update(RECORDS).where(one_of(RECORDS.c.id, count)).values(total=change("total"), claimed=change("claimed"))
    )


INSERT_MESSAGES = insertion(MESSAGES, NEW_MESSAGE, claim=sa.null(), claim_count=constant(0))
INSERT_NOTICES = insertion(NOTICES, NOTICES.c.keys())
_COUNT = StatementForMany(_counting)


class Known(NamedTuple):
    """What is remembered of a queue's record: its id, the source that was ever subscribed to, and the last subscription's end."""

    id: int
    source: int | None
    notify_until: int


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

    def each(self, statement: Statement, parameters: Parameters) -> Generator[Row]:
        """Return the rows one after the other, for large ones of which not all may be wanted; to be closed."""
        cursor = self.connection.execute(SQL[statement], parameters)
        try:
            yield from cursor
        finally:
            cursor.close()

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

    ``known`` remembers queues' records from one transaction to the next; ``drops`` counts the records that any process ever
    dropped, or changed the subscriptions of, and so tells when to forget them. ``settled`` are the queues in which nothing
    can fall due any more before the transaction ends, ``settled_rows`` the messages that settling has changed in it.
    """

    __slots__ = (
        "_clock",
        "_counts",
        "_last",
        "_messages",
        "_notices",
        "_step_counts",
        "_stored",
        "drops",
        "has_written",
        "known",
        "settled",
        "settled_rows",
    )

    def __init__(self, connection: sqlite3.Connection, clock: Clock, known: dict[QueueKey, Known]) -> None:
        super().__init__(connection, clock.now())
        self._clock = clock
        self._stored: int
        self.drops: int
        self._stored, self.drops = connection.execute(SQL[_STATE]).fetchone()
        self._last = 0
        self._messages = Pending(connection, INSERT_MESSAGES)
        self._notices: Pending | None = None  # most batches have none: what they need not call is felt
        self._counts: dict[int, tuple[int, int]] = {}
        self._step_counts: list[tuple[int, int, int]] = []
        self.known = known
        self.settled: set[QueueKey] = set()
        self.settled_rows = 0
        self.has_written = False

    def row(self, statement: Statement, parameters: Parameters) -> Row | None:
        """Return the first row, if there is one; new messages and notices are seen."""
        self._insert_new()
        return super().row(statement, parameters)

    def rows(self, statement: Statement, parameters: Parameters) -> list[Row]:
        """Return all rows; new messages and notices are seen."""
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

    def run_for_each(self, statement: Statement, parameters: Sequence[Parameters]) -> None:
        """Execute once for each of some parameters."""
        self._insert_new()
        self.connection.executemany(SQL[statement], parameters)
        self.has_written = True

    def milliseconds(self) -> int:
        """Return the UTC time as milliseconds since 1970."""
        return self._clock.microseconds() // 1000

    def add_messages(self, rows: Iterable[PendingRow]) -> None:
        """Insert messages, columns as in ``NEW_MESSAGE``, provided that the step succeeds.

        They wait in memory, so that the posts of many steps become one statement.
        """
        self._messages.add(rows)

    def add_notice(self, row: PendingRow) -> None:
        """Insert a notice, columns as in ``NOTICES``, in the same way."""
        if self._notices is None:
            self._notices = Pending(self.connection, INSERT_NOTICES)
        self._notices.add((row,))

    @property
    def last(self) -> int:
        """The last position that was given so far."""
        return max(self._last, self._stored)

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
        """Insert the step's new messages and notices now, so that they stand or fall with its savepoint."""
        self._messages.insert_step()
        if self._notices is not None:
            self._notices.insert_step()

    def end_step(self, *, is_kept: bool) -> None:
        """Add up, or drop, what the step left in memory, and be ready for the next."""
        self._messages.end_step(is_kept=is_kept)
        if self._notices is not None:
            self._notices.end_step(is_kept=is_kept)
        if is_kept:
            for record, total, claimed in self._step_counts:
                more, more_claimed = self._counts.get(record, (0, 0))
                self._counts[record] = (more + total, more_claimed + claimed)
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
        self._messages.insert()
        if self._notices is not None:
            self._notices.insert()
