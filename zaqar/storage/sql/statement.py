"""Statements that are compiled once.

Building and compiling an expression costs more than running it, so each is made at import and turned into SQL once.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators

Parameters = Mapping[str, Any]
Row = Sequence[Any]

_DIALECT = sqlite.dialect(paramstyle="named")


class Statement:
    """A Core expression and, from its first use on, its SQL."""

    __slots__ = ("_sql", "clause")

    def __init__(self, clause: sa.ClauseElement) -> None:
        self.clause = clause
        self._sql: str | None = None

    @property
    def sql(self) -> str:
        """Return the SQL, with named parameters."""
        if self._sql is None:
            self._sql = str(self.clause.compile(dialect=_DIALECT))
        return self._sql


def constant(value: int) -> sa.ColumnElement[int]:
    """Return a number that stands in the SQL itself: a partial index is only chosen for what the planner can read."""
    return sa.literal_column(str(value), sa.Integer)


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the column with a plus sign before it, which keeps the planner from searching by it."""
    return sa.sql.elements.UnaryExpression(column, operator=operators.custom_op("+"), type_=sa.Integer())


def limited(query: sa.Select[Any]) -> sa.Select[Any]:
    """Return the query with a parameter ``limit``; the offset is spelt out, or SQLite's dialect adds one as parameter."""
    return query.limit(sa.bindparam("limit")).offset(constant(0))
