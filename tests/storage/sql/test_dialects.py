"""What serves every SQL database is understood by each: the schema, the encoding, the management store.

Of the message store, whose steps are SQLite's, all statements are held to it but a few.
"""

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from tests.storage.sql.dialects import DIALECTS, objections
from tests.storage.sql.statements import all_statements
from zaqar.storage.sql.schema import MESSAGES, METADATA, QUEUES

ROOMS_OF_ONE_DATABASE = ("sqlite.", "servers.")

STATEMENTS = {
    name: statement.clause for name, statement in all_statements().items() if not name.startswith(ROOMS_OF_ONE_DATABASE)
}

KNOWN = {
    # MariaDB finds the messages first, with FOR UPDATE SKIP LOCKED.
    ("messages.taking._HOLD", "mariadb"),
    ("messages.taking._POP", "mariadb"),
}
"""What a message store on servers will have to say otherwise."""

FOREIGN = {
    "a Insert of sqlalchemy.dialects.sqlite": sqlite.insert(QUEUES).on_conflict_do_nothing(),
    "text that nobody compiles: rowid > 1": sa.select(QUEUES.c.name).where(sa.text("rowid > 1")),
    "text that nobody compiles: rowid": sa.select(sa.literal_column("rowid")).select_from(QUEUES),
    "a function": sa.select(sa.func.json_extract(QUEUES.c.metadata, "$.a")),
    "an operator": sa.select(QUEUES.c.name).where(QUEUES.c.name.op("GLOB")("a*")),
    "an operator that not every database has: <function regexp": sa.select(QUEUES.c.name).where(
        QUEUES.c.name.regexp_match("a")
    ),
    "a collation": sa.select(QUEUES.c.name).order_by(sa.collate(QUEUES.c.name, "NOCASE")),
    "words before": sa.insert(QUEUES).prefix_with("OR REPLACE"),
    "words before or behind": sa.select(QUEUES.c.name).suffix_with("INDEXED BY x"),
}
"""By the beginning of what is said of it."""

ONLY_NOT_MARIADB = {
    "an update that returns rows": sa.update(QUEUES).values(metadata="{}").returning(QUEUES.c.name),
    "a limit inside IN": sa.delete(MESSAGES).where(
        MESSAGES.c.position.in_(sa.select(MESSAGES.alias("head").c.position).limit(1))
    ),
}


def _created(name):
    """Return the SQL that makes the tables in a database of this dialect."""
    texts = []
    engine = sa.create_mock_engine(
        f"{name}+{DIALECTS[name].driver}://",
        lambda ddl, *_, **__: texts.append(str(ddl.compile(dialect=engine.dialect))),
    )
    METADATA.create_all(engine, checkfirst=False)
    return texts


def test_each_room_for_every_database_is_looked_at():
    rooms = {name.partition(".")[0] for name in STATEMENTS}

    assert rooms == {"management", "messages"}
    assert len([name for name in STATEMENTS if name.startswith("management.")]) > 5


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_is_understood_by_every_database(name, dialect):
    found = objections(STATEMENTS[name], dialect)

    assert bool(found) == ((name, dialect) in KNOWN), found


def test_the_exceptions_are_of_the_message_store_only():
    assert all(name in STATEMENTS and name.startswith("messages.") for name, _ in KNOWN)


@pytest.mark.parametrize("what", FOREIGN)
@pytest.mark.parametrize("dialect", [name for name in DIALECTS if name != "sqlite"])
def test_what_not_every_database_has_is_objected_to(what, dialect):
    assert [objection for objection in objections(FOREIGN[what], dialect) if objection.startswith(what)]


@pytest.mark.parametrize("what", ONLY_NOT_MARIADB)
def test_what_mariadb_alone_has_not_is_objected_to(what):
    assert objections(ONLY_NOT_MARIADB[what], "mariadb")
    assert not objections(ONLY_NOT_MARIADB[what], "postgresql")


@pytest.mark.parametrize("name", DIALECTS)
def test_every_table_can_be_made_in_every_database(name):
    created = [text for text in _created(name) if "CREATE TABLE" in text]

    assert len(created) == len(METADATA.tables)


def test_every_index_is_made_in_some_database_and_has_one_condition():
    indexes = [index for table in METADATA.tables.values() for index in table.indexes]
    made = "".join(text for name in DIALECTS for text in _created(name))

    assert [index.name for index in indexes if f"INDEX {index.name} " not in made] == []
    for index in indexes:
        conditions = [index.dialect_options[name]["where"] for name in ("sqlite", "postgresql")]
        assert str(conditions[0]) == str(conditions[1])


@pytest.mark.parametrize("table", METADATA.tables.values(), ids=str)
def test_no_column_has_a_type_of_one_database(table):
    of_one = [column for column in table.columns if type(column.type).__module__.startswith("sqlalchemy.dialects.")]

    assert not of_one
