"""Statements: SQLAlchemy Core expressions, each made once, when its module is imported.

Building an expression costs more than running it. So a statement is a constant of a module, whatever the database, and what
runs it compiles it on its first use and remembers the SQL (``sqlite.compilation``).

Each call of a database costs more than a row of its answer: so one statement for many rows, never one for each.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

Parameters = Mapping[str, Any]
Row = Sequence[Any]

CHUNK = 50
"""Rows that one statement handles at most."""


class Statement:
    """An expression with a parameter for each value that differs from one execution to the next.

    Values are given by the parameters' names; ``is_positional`` lets them be given in order, where there are so many that
    looking the names up is felt.
    """

    __slots__ = ("clause", "is_positional")

    def __init__(self, clause: sa.ClauseElement, *, is_positional: bool = False) -> None:
        self.clause = clause
        self.is_positional = is_positional


class StatementForMany:
    """A statement about a number of rows, made once for each number up to ``CHUNK``."""

    __slots__ = ("_is_positional", "_made", "_make")

    def __init__(self, make: Callable[[int], sa.ClauseElement], *, is_positional: bool = False) -> None:
        self._make = make
        self._is_positional = is_positional
        self._made: dict[int, Statement] = {}

    def of(self, count: int) -> Statement:
        """Return the statement about ``count`` rows."""
        statement = self._made.get(count)
        if statement is None:
            statement = self._made[count] = Statement(self._make(count), is_positional=self._is_positional)
        return statement

    def made(self) -> list[Statement]:
        """Return the statements that were asked for so far."""
        return list(self._made.values())


_POSITION_NAMES = [f"at{index}" for index in range(CHUNK)]


def one_of(column: sa.ColumnElement[int], count: int) -> sa.ColumnElement[bool]:
    """Return the condition that a column is one of ``count`` positions, as ``chunks`` passes them."""
    return column.in_([sa.bindparam(name, type_=sa.Integer) for name in _POSITION_NAMES[:count]])


def chunks(positions: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Return the positions as parameters of ``one_of``, a chunk at a time with its length."""
    for start in range(0, len(positions), CHUNK):
        chunk = positions[start : start + CHUNK]
        yield len(chunk), dict(zip(_POSITION_NAMES, chunk, strict=False))


def constant(value: int) -> sa.ColumnElement[int]:
    """Return a number that stands in the SQL itself: a partial index is only chosen for what the planner can read."""
    return sa.literal_column(str(value), sa.Integer)


def limited(query: sa.Select[Any]) -> sa.Select[Any]:
    """Return the query with a parameter ``limit``; the offset is spelt out, or SQLite's dialect adds one as parameter."""
    return query.limit(sa.bindparam("limit")).offset(constant(0))
