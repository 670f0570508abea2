"""Subscriptions, how far the deliveries to each are, and the notices of what is to be delivered."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTES = sa.LargeBinary().with_variant(sa.LargeBinary(2**32 - 1), "mysql", "mariadb")


def _name(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _options() -> dict[str, Any]:
    """Let MariaDB and MySQL compare texts byte by byte, as in the first revision."""
    dialect = op.get_context().dialect
    if dialect.name not in ("mariadb", "mysql"):
        return {}
    collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    options = {"engine": "InnoDB", "charset": "utf8mb4", "collate": collation}
    return {f"{dialect.name}_{name}": value for name, value in options.items()}


def _is_embedded() -> bool:
    return op.get_context().dialect.name == "sqlite"


def _key(name: str) -> sa.PrimaryKeyConstraint:
    """Return the primary key: on a server each queue has positions of its own, on SQLite they are the rowid."""
    return sa.PrimaryKeyConstraint(name) if _is_embedded() else sa.PrimaryKeyConstraint("source", name)


def upgrade() -> None:
    """Add tables; what runs with the second revision goes on beside them."""
    op.create_table(
        "sources",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("project", _name(256), nullable=False),
        sa.Column("kind", _name(8), nullable=False),
        sa.Column("name", _name(64), nullable=False),
        sa.Column("notify_until", _BIG, nullable=False, server_default="0"),
        sa.UniqueConstraint("project", "kind", "name"),
        sqlite_autoincrement=True,
        **_options(),
    )
    op.create_index("sources_end", "sources", ["notify_until"])
    _create_subscriptions()
    _create_deliveries()
    _create_notices()


def _create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("position", _BIG, autoincrement=False, nullable=False),
        sa.Column("source", _BIG, nullable=False),
        sa.Column("token", _name(16), nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("digest", _name(64), nullable=False),
        sa.Column("content", _BYTES, nullable=False),
        _key("position"),
        sa.UniqueConstraint("source", "digest"),
        **_options(),
    )
    if _is_embedded():
        op.create_index("subscriptions_listed", "subscriptions", ["source", "position"])
    op.create_index("subscriptions_end", "subscriptions", ["source", "expires"])
    op.create_index("subscriptions_expiry", "subscriptions", ["expires"])


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("subscription", _BIG, autoincrement=False, nullable=False),
        sa.Column("source", _BIG, nullable=False),
        sa.Column("high", _BIG, nullable=False),
        sa.Column("low", _BIG, nullable=False),
        sa.Column("wakes_ms", _BIG),
        sa.Column("is_full", sa.SmallInteger, nullable=False),
        sa.Column("is_hurried", sa.SmallInteger, nullable=False),
        sa.Column("lease_ends_ms", _BIG, nullable=False),
        sa.Column("holder", _name(255), nullable=False),
        sa.Column("progress", _BYTES, nullable=False),
        _key("subscription"),
        **_options(),
    )
    op.create_index("deliveries_high", "deliveries", ["source", "high"])
    op.create_index("deliveries_low", "deliveries", ["source", "low"])
    condition = sa.text("wakes_ms IS NOT NULL")
    wake = ["source", "wakes_ms"]
    op.create_index("deliveries_wake", "deliveries", wake, sqlite_where=condition, postgresql_where=condition)


def _create_notices() -> None:
    op.create_table(
        "notices",
        sa.Column("position", _BIG, autoincrement=False, nullable=False),
        sa.Column("source", _BIG, nullable=False),
        sa.Column("created", _BIG, nullable=False),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("token", _name(16), nullable=False),
        sa.Column("subscription", _name(30)),
        sa.Column("messages", _BYTES, nullable=False),
        _key("position"),
        **_options(),
    )
    if _is_embedded():
        op.create_index("notices_listed", "notices", ["source", "position"])
    op.create_index("notices_expiry", "notices", ["expires"])


def downgrade() -> None:
    """Take away what was added."""
    for table in ("notices", "deliveries", "subscriptions", "sources"):
        op.drop_table(table)
