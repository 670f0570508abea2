"""Where dead letters come from, redrives, posts that are remembered, what was thrown away; one index less for each notice."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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


def upgrade() -> None:
    """Add to the tables; what runs with the third revision goes on beside it."""
    op.add_column("messages", sa.Column("origin", _BYTES))
    op.add_column("records", sa.Column("discarded", _BIG, nullable=False, server_default="0"))
    op.add_column("records", sa.Column("begun_as", _BIG))
    if not _is_embedded():  # SQLite looks at no lengths
        op.alter_column("notices", "subscription", existing_type=_name(30), type_=_name(31))
    op.drop_index("notices_expiry", "notices")
    op.create_table(
        "remembered_posts",
        sa.Column("position", _BIG, autoincrement=False, nullable=False),
        sa.Column("queue", _BIG, nullable=False),
        sa.Column("token", _name(16), nullable=False),
        sa.Column("forgets", _BIG, nullable=False),
        # On a server each queue has positions of its own.
        sa.PrimaryKeyConstraint("position") if _is_embedded() else sa.PrimaryKeyConstraint("queue", "position"),
        sa.UniqueConstraint("queue", "token"),
        **_options(),
    )
    op.create_index("remembered_posts_end", "remembered_posts", ["forgets"])
    op.create_table(
        "redrives",
        sa.Column("queue", _BIG, primary_key=True, autoincrement=False),
        sa.Column("id", _name(30), nullable=False),
        sa.Column("is_running", sa.SmallInteger, nullable=False),
        sa.Column("holder", _name(255), nullable=False),
        sa.Column("lease_ends_ms", _BIG, nullable=False),
        sa.Column("content", _BYTES, nullable=False),
        **_options(),
    )
    condition = sa.text("is_running = 1")
    op.create_index("redrives_running", "redrives", ["is_running"], sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Take away what was added; notices that the third revision cannot name go."""
    op.drop_table("redrives")
    op.drop_table("remembered_posts")
    op.create_index("notices_expiry", "notices", ["expires"])
    if not _is_embedded():
        op.execute("DELETE FROM notices WHERE length(subscription) > 30")
        op.alter_column("notices", "subscription", existing_type=_name(31), type_=_name(30))
    for table, column in (("records", "begun_as"), ("records", "discarded"), ("messages", "origin")):
        op.drop_column(table, column)
