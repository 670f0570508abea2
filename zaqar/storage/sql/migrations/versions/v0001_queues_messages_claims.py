"""Queues, their records, messages and claims."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_WITHOUT_PARTIAL_INDEXES = ("mariadb", "mysql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(2**24), "mysql", "mariadb")
_BYTES = sa.LargeBinary().with_variant(sa.LargeBinary(2**32 - 1), "mysql", "mariadb")


def _name(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def _options() -> dict[str, Any]:
    """Let MariaDB and MySQL compare texts byte by byte, spaces at the end included: no two projects are one."""
    dialect = op.get_context().dialect
    if dialect.name not in _WITHOUT_PARTIAL_INDEXES:
        return {}
    # Each has the other's name for it not at all, or only of late.
    collation = "utf8mb4_nopad_bin" if getattr(dialect, "is_mariadb", False) else "utf8mb4_0900_bin"
    options = {"engine": "InnoDB", "charset": "utf8mb4", "collate": collation}
    return {f"{dialect.name}_{name}": value for name, value in options.items()}


def _key(name: str) -> sa.PrimaryKeyConstraint:
    """Return the primary key: on a server each queue has positions of its own, on SQLite they are the rowid."""
    return (
        sa.PrimaryKeyConstraint(name)
        if op.get_context().dialect.name == "sqlite"
        else sa.PrimaryKeyConstraint("queue", name)
    )


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "queues",
        sa.Column("project", _name(256), primary_key=True),
        sa.Column("kind", _name(8), primary_key=True),
        sa.Column("name", _name(64), primary_key=True),
        sa.Column("metadata", _TEXT, nullable=False),
        **_options(),
    )
    op.create_table(
        "records",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("project", _name(256), nullable=False),
        sa.Column("kind", _name(8), nullable=False),
        sa.Column("name", _name(64), nullable=False),
        sa.Column("total", _BIG, nullable=False, server_default="0"),
        sa.Column("claimed", _BIG, nullable=False, server_default="0"),
        sa.UniqueConstraint("project", "kind", "name"),
        sqlite_autoincrement=True,
        **_options(),
    )
    op.create_table("dropped_records", sa.Column("id", _BIG, primary_key=True, autoincrement=False), **_options())
    positions = op.create_table(
        "positions",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("drops", _BIG, nullable=False),
        **_options(),
    )
    op.bulk_insert(positions, [{"id": 1, "last": 0, "drops": 0}])
    op.create_table(
        "claims",
        sa.Column("id", _BIG, autoincrement=False, nullable=False),
        sa.Column("queue", _BIG, nullable=False),
        sa.Column("token", _name(16), nullable=False),
        sa.Column("ttl", _BIG, nullable=False),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("positions", _TEXT, nullable=False),
        _key("id"),
        **_options(),
    )
    op.create_index("claims_lapse", "claims", ["queue", "expires"])
    _create_messages()


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("position", _BIG, autoincrement=False, nullable=False),
        sa.Column("queue", _BIG, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("claim", _BIG),
        sa.Column("claim_count", sa.Integer, nullable=False),
        sa.Column("due", _BIG),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("created", _BIG, nullable=False),
        sa.Column("ttl", _BIG, nullable=False),
        sa.Column("client_id", _name(255), nullable=False),
        sa.Column("token", _name(16), nullable=False),
        sa.Column("checksum", _name(64)),
        sa.Column("body", _BYTES, nullable=False),
        _key("position"),
        **_options(),
    )
    if op.get_context().dialect.name in _WITHOUT_PARTIAL_INDEXES:
        op.create_index("messages_state", "messages", ["queue", "state", "position", "expires"])
        op.create_index("messages_due", "messages", ["queue", "due"])
    else:
        _create_partial_indexes()
    op.create_index("messages_expiry", "messages", ["expires"])


def _create_partial_indexes() -> None:
    for name, columns, condition in (
        ("messages_ready", ["queue", "position", "expires"], "state = 0"),
        ("messages_claimed", ["queue", "position"], "state = 2"),
        ("messages_delayed", ["queue", "position"], "state = 1"),
        ("messages_due", ["queue", "due"], "state = 1"),
    ):
        op.create_index(name, "messages", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


def downgrade() -> None:
    """Remove everything."""
    for table in ("messages", "claims", "positions", "dropped_records", "records", "queues"):
        op.drop_table(table)
