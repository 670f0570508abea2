"""The SQL that is compiled once, and its parameters."""

import gc
import re

import pytest

from tests.storage.sql.statements import all_statements, parameters_of
from zaqar.storage.sql.schema import NEW_MESSAGE
from zaqar.storage.sql.sqlite import session
from zaqar.storage.sql.sqlite.compilation import SQL
from zaqar.storage.sql.statement import CHUNK, Statement, StatementForMany

STATEMENTS = all_statements()


def test_every_statement_is_a_constant_of_a_module():
    """One made per call would be compiled per call; one hidden elsewhere would escape these tests."""
    known = {id(statement) for statement in STATEMENTS.values()}
    made = [thing for thing in gc.get_objects() if type(thing) in (Statement, StatementForMany)]
    numbered = {id(one) for many in made if isinstance(many, StatementForMany) for one in many.made()}

    assert len(known) > 40
    assert not [SQL[one] for one in made if isinstance(one, Statement) and id(one) not in known | numbered]


@pytest.mark.parametrize("name", STATEMENTS)
def test_no_statement_has_a_parameter_that_nobody_named(name):
    """SQLAlchemy makes one for each value it meets, which would then be fixed for good."""
    parameters = parameters_of(SQL[STATEMENTS[name]])

    assert not [parameter for parameter in parameters if parameter is not None and re.search(r"_\d+$", parameter)]


@pytest.mark.parametrize("name", [name for name in STATEMENTS if not name.startswith("sqlite.session.INSERT_")])
def test_no_statement_mixes_named_and_positional_parameters(name):
    assert "?" not in SQL[STATEMENTS[name]]


@pytest.mark.parametrize("count", [1, 2, CHUNK])
def test_the_insertion_takes_the_members_of_new_messages_in_their_order(count):
    sql = SQL[session.INSERT_MESSAGES.of(count)]

    columns = re.search(r"INSERT INTO messages \((.*?)\)", sql)[1].split(", ")
    (values,) = set(re.findall(r"\(((?:\?|NULL|0)(?:, (?:\?|NULL|0))*)\)", sql))
    assert [column for column, value in zip(columns, values.split(", "), strict=True) if value == "?"] == list(
        NEW_MESSAGE
    )
    assert sql.count("?") == count * len(NEW_MESSAGE)


def test_each_member_of_a_new_message_lands_in_its_column(database):
    rows = [tuple(range(start, start + len(NEW_MESSAGE))) for start in (100, 200, 300)]

    def step(transaction):
        transaction.add_messages(rows)

    database.write(step)

    query = f"SELECT {', '.join(NEW_MESSAGE)}, claim, claim_count FROM messages"
    stored = database.read(lambda asked: asked.connection.execute(query).fetchall())
    assert [tuple(map(int, row[:-2])) for row in stored] == rows
    assert {row[-2:] for row in stored} == {(None, 0)}


@pytest.mark.parametrize("count", [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_any_number_of_messages_is_inserted_once(database, count):
    row = dict.fromkeys(NEW_MESSAGE, 0)

    def step(transaction):
        transaction.add_messages(tuple({**row, "position": position}.values()) for position in range(count))

    database.write(step)

    query = "SELECT count(*), min(position), max(position) FROM messages"
    assert database.read(lambda asked: asked.connection.execute(query).fetchone()) == (count, 0, count - 1)
