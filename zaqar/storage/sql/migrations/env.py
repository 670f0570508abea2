"""Run the revisions against the database of the configuration (``settings``); alembic executes this file."""

from typing import Any

import sqlalchemy as sa
from alembic import context

from zaqar.storage.sql.schema import METADATA, VERSION_TABLE


def run_offline(url: str | sa.URL) -> None:
    """Print the statements."""
    context.configure(url=url, version_table=VERSION_TABLE, literal_binds=True, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


def run_embedded(url: str | sa.URL) -> None:
    """Execute the statements in one transaction on a SQLite file."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    _make_transactional(engine)
    with engine.connect() as connection:
        context.configure(
            connection=connection, version_table=VERSION_TABLE, target_metadata=METADATA, transactional_ddl=True
        )
        with context.begin_transaction():
            context.run_migrations()


def run_within(connection: sa.Connection) -> None:
    """Execute the statements in the transaction of whoever made the connection: it holds the lock."""
    context.configure(connection=connection, version_table=VERSION_TABLE, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


def _make_transactional(engine: sa.Engine) -> None:
    """Let a migration happen whole or not at all: left alone, the driver commits before it changes a schema."""

    @sa.event.listens_for(engine, "connect")
    def _(connection: Any, record: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


_attributes = context.config.attributes
if context.is_offline_mode():
    run_offline(_attributes["url"])
elif "connection" in _attributes:
    run_within(_attributes["connection"])
else:
    run_embedded(_attributes["url"])
