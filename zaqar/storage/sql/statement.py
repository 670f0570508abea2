"""Statements that are compiled once.

Building and compiling an expression costs more than running it, so each is made at import and turned into SQL once.
Each call of the driver gives up the interpreter's lock, and taking it back from other threads costs more than a row:
so one statement for many rows, never one for each.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators

Parameters = Mapping[str, Any]
Row = Sequence[Any]

CHUNK = 50
"""Rows that one statement handles at most."""

_NAMED = sqlite.dialect(paramstyle="named")
_POSITIONAL = sqlite.dialect(paramstyle="qmark")


class Statement:
    """A Core expression and, from its first use on, its SQL.

    Parameters go by name, or by position where there are so many that looking names up is felt.
    """

    __slots__ = ("_is_positional", "_sql", "clause")

    def __init__(self, clause: sa.ClauseElement, *, is_positional: bool = False) -> None:
        self.clause = clause
        self._is_positional = is_positional
        self._sql: str | None = None

    @property
    def sql(self) -> str:
        """Return the SQL."""
        if self._sql is None:
            self._sql = str(self.clause.compile(dialect=_POSITIONAL if self._is_positional else _NAMED))
        return self._sql


class StatementForMany:
    """A statement about a number of rows, compiled once for each number up to ``CHUNK``."""

    __slots__ = ("_is_positional", "_make", "_statements")

    def __init__(self, make: Callable[[int], sa.ClauseElement], *, is_positional: bool = False) -> None:
        self._make = make
        self._is_positional = is_positional
        self._statements: dict[int, Statement] = {}

    def of(self, count: int) -> Statement:
        """Return the statement about ``count`` rows."""
        statement = self._statements.get(count)
        if statement is None:
            statement = self._statements[count] = Statement(self._make(count), is_positional=self._is_positional)
        return statement


_POSITION_NAMES = [f"at{index}" for index in range(CHUNK)]


def one_of(column: sa.ColumnElement[int], count: int) -> sa.ColumnElement[bool]:
    """Return the condition that a column is one of ``count`` positions, as ``positions`` passes them."""
    return column.in_([sa.bindparam(name, type_=sa.Integer) for name in _POSITION_NAMES[:count]])


def chunks(positions: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Return the positions as parameters of ``one_of``, a chunk at a time with its length."""
    for start in range(0, len(positions), CHUNK):
        chunk = positions[start : start + CHUNK]
        yield len(chunk), dict(zip(_POSITION_NAMES, chunk, strict=False))


def constant(value: int) -> sa.ColumnElement[int]:
    """Return a number that stands in the SQL itself: a partial index is only chosen for what the planner can read."""
    return sa.literal_column(str(value), sa.Integer)


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the column with a plus sign before it, which keeps the planner from searching by it."""
    return sa.sql.elements.UnaryExpression(column, operator=operators.custom_op("+"), type_=sa.Integer())


def limited(query: sa.Select[Any]) -> sa.Select[Any]:
    """Return the query with a parameter ``limit``; the offset is spelt out, or the dialect adds one as parameter."""
    return query.limit(sa.bindparam("limit")).offset(constant(0))
