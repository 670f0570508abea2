"""Rows that wait in memory, so that what many steps of a batch insert becomes one statement."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.statement import CHUNK, StatementForMany

PendingRow = tuple[Any, ...]


class Pending:
    """The rows for one table that the steps of a transaction add; those of the step that runs are kept apart."""

    __slots__ = ("_connection", "_kept", "_of_step", "_statement")

    def __init__(self, connection: sqlite3.Connection, statement: StatementForMany) -> None:
        self._connection = connection
        self._statement = statement
        self._kept: list[PendingRow] = []
        self._of_step: list[PendingRow] = []

    def add(self, rows: Iterable[PendingRow]) -> None:
        """Insert rows, provided that the step succeeds."""
        self._of_step += rows

    def end_step(self, *, is_kept: bool) -> None:
        """Keep, or drop, what the step added."""
        if self._of_step:
            if is_kept:
                self._kept += self._of_step
            self._of_step.clear()

    def insert_step(self) -> None:
        """Insert what the step added."""
        self._insert(self._of_step)

    def insert(self) -> None:
        """Insert what the steps before this one added."""
        if self._kept:
            self._insert(self._kept)

    def _insert(self, rows: list[PendingRow]) -> None:
        """Insert rows and take them off the list; what the database refuses stays, and fails the transaction."""
        while rows:
            chunk = rows[:CHUNK]
            sql = SQL[self._statement.of(len(chunk))]
            self._connection.execute(sql, [value for row in chunk for value in row])
            del rows[:CHUNK]


def insertion(table: sa.Table, columns: Sequence[str], **fixed: sa.ColumnElement[Any]) -> StatementForMany:
    """Return the statement that inserts rows, whose values go by position; those of ``fixed`` are the same in each."""

    def make(count: int) -> sa.Insert:
        rows: list[dict[str, Any]] = [
            {name: sa.bindparam(f"{name}{index}") for name in columns} for index in range(count)
        ]
        return sa.insert(table).values([{**row, **fixed} for row in rows])

    return StatementForMany(make, is_positional=True)
