"""Queues, their records, messages and claims."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the first tables."""
    op.create_table(
        "queues",
        sa.Column("project", sa.String(256), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("metadata", sa.Text, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("project", sa.String(256), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("total", _BIG, nullable=False, server_default="0"),
        sa.Column("claimed", _BIG, nullable=False, server_default="0"),
        sa.UniqueConstraint("project", "kind", "name"),
        sqlite_autoincrement=True,
    )
    op.create_table("dropped_records", sa.Column("id", _BIG, primary_key=True, autoincrement=False))
    positions = op.create_table(
        "positions",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("last", _BIG, nullable=False),
        sa.Column("drops", _BIG, nullable=False),
    )
    op.bulk_insert(positions, [{"id": 1, "last": 0, "drops": 0}])
    op.create_table(
        "claims",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("queue", _BIG, nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("ttl", _BIG, nullable=False),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("positions", sa.Text, nullable=False),
    )
    op.create_index("claims_lapse", "claims", ["queue", "expires"])
    _create_messages()


def _create_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("position", _BIG, primary_key=True, autoincrement=False),
        sa.Column("queue", _BIG, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("claim", _BIG),
        sa.Column("claim_count", sa.Integer, nullable=False),
        sa.Column("due", _BIG),
        sa.Column("expires", _BIG, nullable=False),
        sa.Column("created", _BIG, nullable=False),
        sa.Column("ttl", _BIG, nullable=False),
        sa.Column("client_id", sa.String(255), nullable=False),
        sa.Column("token", sa.String(16), nullable=False),
        sa.Column("checksum", sa.String(64)),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    for name, columns, condition in (
        ("messages_ready", ["queue", "position", "expires"], "state = 0"),
        ("messages_claimed", ["queue", "position"], "state = 2"),
        ("messages_delayed", ["queue", "position"], "state = 1"),
        ("messages_due", ["queue", "due"], "state = 1"),
    ):
        op.create_index(name, "messages", columns, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    op.create_index("messages_expiry", "messages", ["expires"])


def downgrade() -> None:
    """Remove everything."""
    for table in ("messages", "claims", "positions", "dropped_records", "records", "queues"):
        op.drop_table(table)
