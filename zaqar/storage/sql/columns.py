"""Types of columns and kinds of indexes, as each database has them."""

from typing import Any

import sqlalchemy as sa

# Counters and times exceed 32 bits; SQLite wants INTEGER to alias the rowid.
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# MariaDB's plain types end at 64 KiB.
TEXT = sa.Text().with_variant(sa.Text(2**24), "mysql", "mariadb")
BYTES = sa.LargeBinary().with_variant(sa.LargeBinary(2**32 - 1), "mysql", "mariadb")


def name(length: int) -> sa.types.TypeEngine[str]:
    """Return the type of a text that is compared byte by byte (on MariaDB, the migrations set that for each table)."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def only(condition: str) -> dict[str, Any]:
    """Return what makes an index partial, where a database has such."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def has_partial_indexes(*_: Any, **options: Any) -> bool:
    """Tell whether the database of some DDL has partial indexes."""
    return options["dialect"].name not in ("mariadb", "mysql")


def has_no_partial_indexes(*_: Any, **options: Any) -> bool:
    """Tell whether the database of some DDL has none."""
    return not has_partial_indexes(**options)
