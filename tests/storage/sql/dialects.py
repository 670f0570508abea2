"""What each database makes of a statement: SQLAlchemy's compilers say little, so its parts are looked at, too."""

import re
from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.sql import ClauseElement, elements, functions, operators, selectable, visitors

DIALECTS: dict[str, sa.engine.Dialect] = {
    name: sa.make_url(f"{driver}://").get_dialect()()
    for name, driver in {
        "sqlite": "sqlite",
        "postgresql": "postgresql+psycopg",
        "mariadb": "mariadb+pymysql",
    }.items()
}

FUNCTIONS = {"coalesce", "count", "max", "min", "sum"}
"""Those of the standard, which every database has."""

OPERATORS = {
    operators.add,
    operators.and_,
    operators.asc_op,
    operators.comma_op,
    operators.desc_op,
    operators.eq,
    operators.exists,
    operators.ge,
    operators.gt,
    operators.in_op,
    operators.inv,
    operators.is_,
    operators.is_not,
    operators.le,
    operators.lt,
    operators.mul,
    operators.ne,
    operators.not_in_op,
    operators.or_,
    operators.sub,
}
"""Those that mean the same everywhere."""


def objections(statement: ClauseElement, name: str) -> list[str]:
    """Return what keeps a database of this dialect from executing the statement, or from understanding it the same way."""
    dialect = DIALECTS[name]
    found = [objection for part in visitors.iterate(statement) for objection in _of_part(part, dialect)]
    try:
        statement.compile(dialect=dialect)
    except Exception as error:  # noqa: BLE001 - the compiler of one dialect stumbles over another's construct in many ways
        found.append(f"it does not compile: {error!r}")
    return found


def _of_part(part: object, dialect: sa.engine.Dialect) -> Iterator[str]:
    if type(part).__module__.startswith("sqlalchemy.dialects."):
        yield f"a {type(part).__name__} of {type(part).__module__}"
    if isinstance(part, elements.TextClause):
        yield f"text that nobody compiles: {part.text}"
    if isinstance(part, elements.CollationClause):
        yield f"a collation: {part.collation}"
    if isinstance(part, elements.ColumnClause) and part.is_literal and not re.fullmatch(r"\d+|\*", part.name):
        yield f"text that nobody compiles: {part.name}"
    if isinstance(part, functions.FunctionElement) and part.name not in FUNCTIONS:
        yield f"a function that not every database has: {part.name}"
    if getattr(part, "_prefixes", ()) or getattr(part, "_suffixes", ()):
        yield "words before or behind the statement"
    if isinstance(part, sa.UpdateBase) and part._returning:
        verb = type(part).__visit_name__
        if not getattr(dialect, f"{verb}_returning"):
            yield f"{verb.upper()} ... RETURNING"
    if isinstance(part, (elements.BinaryExpression, elements.UnaryExpression)):
        yield from _of_operator(part, dialect)


def _of_operator(
    part: "elements.BinaryExpression | elements.UnaryExpression", dialect: sa.engine.Dialect
) -> Iterator[str]:
    operator = part.operator or part.modifier
    is_plus_sign = isinstance(part, elements.UnaryExpression) and getattr(operator, "opstring", "") == "+"
    if operator not in OPERATORS and not is_plus_sign:
        yield f"an operator that not every database has: {operator}"
    if dialect.name == "mariadb" and operator is operators.in_op:
        inner = visitors.iterate(part.right)
        if any(isinstance(one, selectable.GenerativeSelect) and one._limit_clause is not None for one in inner):
            yield "IN (SELECT ... LIMIT)"
