"""Statements as SQLite's SQL, compiled once, and what its planner has to be told."""

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators

from zaqar.storage.sql.statement import Statement

_NAMED = sqlite.dialect(paramstyle="named")
_POSITIONAL = sqlite.dialect(paramstyle="qmark")

_compiled: dict[Statement, str] = {}


def sql_of(statement: Statement) -> str:
    """Return the SQL of a statement for ``sqlite3``, its parameters as ``:name``, or as ``?`` where they go by position."""
    sql = _compiled.get(statement)
    if sql is None:
        dialect = _POSITIONAL if statement.is_positional else _NAMED
        sql = _compiled[statement] = str(statement.clause.compile(dialect=dialect))
    return sql


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """Return the column with a plus sign before it, which keeps SQLite's planner from searching by it."""
    return sa.sql.elements.UnaryExpression(column, operator=operators.custom_op("+"), type_=sa.Integer())
