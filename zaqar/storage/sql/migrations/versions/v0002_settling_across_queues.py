"""What falls due found across queues, rules of dead letters that claims left, the service's clock, positions bounded."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_MOST = 2**53
"""The last position that an id of the first revision could name."""

_FOLLOWED = 2**52
"""Where positions stop to follow the clock (``zaqar.storage.ids``)."""

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


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


def upgrade() -> None:
    """Add to the tables; what runs with the first revision goes on beside it."""
    op.create_table(
        "dead_letter_rules",
        sa.Column("queue", _BIG, primary_key=True, autoincrement=False),
        sa.Column("project", _name(256), nullable=False),
        sa.Column("kind", _name(8), nullable=False),
        sa.Column("name", _name(64), nullable=False),
        sa.Column("max_claim_count", _BIG, nullable=False),
        sa.Column("ttl", _BIG),
        **_options(),
    )
    op.create_table(
        "clocks",
        sa.Column("id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("boot", _name(64), nullable=False),
        sa.Column("uptime", _BIG, nullable=False),
        sa.Column("time", _BIG, nullable=False),
        sa.Column("is_behind", sa.SmallInteger, nullable=False),
        **_options(),
    )
    if op.get_context().dialect.name == "sqlite" and not op.get_context().as_sql:
        _bound_positions(op.get_bind())
    condition = sa.text("state = 1")
    op.create_index("messages_fall_due", "messages", ["due"], sqlite_where=condition, postgresql_where=condition)
    op.create_index("claims_end", "claims", ["expires"])


def _bound_positions(connection: sa.Connection) -> None:
    """Give messages that were posted while the clock stood beyond the year 2255 ids that can be named, in their order.

    Nobody could name them, nor the claims that were made since: these end, and their messages are ready again.
    """
    if (connection.scalar(sa.text("SELECT last FROM positions")) or 0) <= _MOST:
        return
    beyond = {"most": _MOST}
    held = "SELECT count(*) FROM messages WHERE queue = records.id AND state = 2 AND claim <= :most"
    for statement in (
        f"UPDATE records SET claimed = ({held})",  # noqa: S608
        "UPDATE messages SET state = 0, claim = NULL WHERE state = 2 AND claim > :most",
        "DELETE FROM claims WHERE id > :most",
    ):
        connection.execute(sa.text(statement), beyond)
    last = connection.scalar(
        sa.text(
            "SELECT max((SELECT coalesce(max(position), 0) FROM messages WHERE position <= :most),"
            " (SELECT coalesce(max(id), 0) FROM claims), :followed)"
        ),
        {**beyond, "followed": _FOLLOWED},
    )
    positions = connection.scalars(
        sa.text("SELECT position FROM messages WHERE position > :most ORDER BY position"), beyond
    ).all()
    move = sa.text("UPDATE messages SET position = :new WHERE position = :old")
    for new, old in enumerate(positions, int(last or 0) + 1):
        connection.execute(move, {"new": new, "old": old})
    connection.execute(sa.text("UPDATE positions SET last = :last"), {"last": int(last or 0) + len(positions)})


def downgrade() -> None:
    """Take away what was added."""
    op.drop_index("claims_end", "claims")
    op.drop_index("messages_fall_due", "messages")
    op.drop_table("clocks")
    op.drop_table("dead_letter_rules")
