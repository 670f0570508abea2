"""Statements as SQLite's SQL, compiled once, and what its planner has to be told."""

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators

from zaqar.storage.sql.statement import Statement

_NAMED = sqlite.dialect(paramstyle="named")
_POSITIONAL = sqlite.dialect(paramstyle="qmark")


class _Compiled(dict[Statement, str]):
    """The SQL of statements, compiled when one is first asked for; a function would cost each execution a call more."""

    def __missing__(self, statement: Statement) -> str:
        dialect = _POSITIONAL if statement.is_positional else _NAMED
        sql = self[statement] = str(statement.clause.compile(dialect=dialect))
        return sql


SQL = _Compiled()
"""The text of each statement for ``sqlite3``, its parameters as ``:name``, or as ``?`` where they go by position."""


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the column with a plus sign before it, which keeps SQLite's planner from searching by it."""
    return sa.sql.elements.UnaryExpression(column, operator=operators.custom_op("+"), type_=sa.Integer())
