"""The migrations lead to the schema that the statements are written for."""

import sqlite3

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from zaqar.storage.sql import schema
from zaqar.storage.sql.migrations.settings import alembic_config


@pytest.fixture
def migrated(path):
    """An inspector of what the migrations made."""
    engine = sa.create_engine(f"sqlite:///{path}")
    yield sa.inspect(engine)
    engine.dispose()


@pytest.fixture
def intended():
    """An inspector of what the tables in the code make."""
    engine = sa.create_engine("sqlite://")
    schema.METADATA.create_all(engine)
    yield sa.inspect(engine)
    engine.dispose()


def _described(items):
    return {item["name"]: {**item, "type": str(item.get("type"))} for item in items}


def test_the_newest_revision_is_the_one_the_code_knows():
    revisions = ScriptDirectory.from_config(alembic_config("sqlite:///unused"))

    assert revisions.get_heads() == [schema.REVISION]


def test_the_migrated_tables_are_the_codes(migrated, intended):
    assert set(migrated.get_table_names()) - {schema.VERSION_TABLE} == set(intended.get_table_names())


@pytest.mark.parametrize("table", schema.METADATA.tables)
def test_a_migrated_table_is_as_in_the_code(migrated, intended, table):
    assert _described(migrated.get_columns(table)) == _described(intended.get_columns(table))
    assert migrated.get_pk_constraint(table) == intended.get_pk_constraint(table)
    assert migrated.get_unique_constraints(table) == intended.get_unique_constraints(table)


@pytest.mark.parametrize("table", schema.METADATA.tables)
def test_a_migrated_index_is_as_in_the_code_with_its_condition(migrated, intended, table):
    def indexes(inspector):
        return {
            index["name"]: (index["column_names"], index["unique"], str(index["dialect_options"].get("sqlite_where")))
            for index in inspector.get_indexes(table)
        }

    assert indexes(migrated) == indexes(intended)


def test_positions_are_the_rowids_of_messages_and_claims(path):
    with sqlite3.connect(path) as file:
        for table in ("messages", "claims", "records"):
            indexes = {row[1] for row in file.execute(f"PRAGMA index_list({table})") if row[3] == "pk"}
            assert not indexes
    file.close()


def test_ids_of_records_are_never_used_again(path):
    """A process may remember the id of a dropped one."""
    with sqlite3.connect(path) as file:
        (sql,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'records'").fetchone()
    file.close()
    assert "AUTOINCREMENT" in sql
