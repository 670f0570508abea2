"""What serves every SQL database, on real servers: their parsers take more and less than SQLAlchemy's compilers."""

import pytest
import sqlalchemy as sa
from alembic import command

from tests.builders import queue_key
from tests.integration import sql_servers
from tests.storage.sql.test_dialects import KNOWN, STATEMENTS
from zaqar.errors import QueueNotFound
from zaqar.models import Queue
from zaqar.storage.sql import migration
from zaqar.storage.sql.management.store import management_store


class _Session:
    """Runs statements on a connection, in questions and in steps."""

    def __init__(self, connection):
        self._connection = connection

    def row(self, statement, parameters):
        return self._execute(statement, parameters).first()

    def rows(self, statement, parameters):
        return self._execute(statement, parameters).all()

    def run(self, statement, parameters):
        return self._execute(statement, parameters).rowcount

    def _execute(self, statement, parameters):
        return _execute(self._connection, statement.clause.compile(dialect=self._connection.dialect), parameters)


class _ServerDatabase:
    """The least that a management store needs: a transaction for each question and each step."""

    def __init__(self, url):
        self._engine = sa.create_engine(url, poolclass=sa.NullPool)

    def read(self, question):
        with self._engine.connect() as connection:
            return question(_Session(connection))

    def write(self, step, *, adds=False):
        with self._engine.begin() as connection:
            return step(_Session(connection))

    def is_alive(self):
        return True

    def close(self):
        self._engine.dispose()


@pytest.fixture(scope="module", params=sql_servers.KINDS)
def url(request):
    """A database of each kind with all tables."""
    with sql_servers.sql_server(request.param) as server, server.new_database() as url:
        with migration.changing(url) as settings:
            command.upgrade(settings, "head")
        yield url


@pytest.fixture
def queues(url):
    store = management_store(_ServerDatabase(url))
    yield store.queues
    store.close()


def _execute(connection, compiled, parameters):
    # Not the expression itself: SQLAlchemy would compile it anew, and take parameters for columns that are to be set.
    values = compiled.construct_params(parameters)
    given = tuple(values[name] for name in compiled.positiontup) if compiled.positional else values
    return connection.exec_driver_sql(str(compiled), given)


def _some_value(parameter):
    kinds = ((sa.LargeBinary, b"1"), (sa.String, "1"), (sa.Integer, 1))
    return next((value for kind, value in kinds if isinstance(parameter.type, kind)), 1)


def test_a_management_store_works_on_any_of_them(queues):
    key = queue_key()
    others = [key._replace(name=name) for name in ("a", "B", "_", "b")]

    assert queues.create(key, {"ü": 1})
    assert not queues.create(key, {})
    assert [queues.create(other, {}) for other in others] == [True] * 4
    queues.replace_metadata(key, old={"ü": 1}, new={"size": 2})
    queues.delete(others[0])

    assert queues.get(key) == Queue(key.name, {"size": 2})
    assert queues.count(key.project) == 4
    page = {"marker": None, "limit": 10, "name_contains": None, "metadata": {}}
    assert [queue.name for queue in queues.list(key.project, **page)] == sorted(["B", "_", "b", key.name])
    with pytest.raises(QueueNotFound):
        queues.get(others[0])


def test_every_statement_is_taken_but_those_that_are_known_to_be_of_sqlite_alone(url):
    refused = set()
    with sql_servers.connected(url) as connection:
        dialect = connection.dialect
        for name, clause in STATEMENTS.items():
            compiled = clause.compile(dialect=dialect)
            values = {key: _some_value(compiled.binds[key]) for key in compiled.params}
            try:
                _execute(connection, compiled, values)
            except sa.exc.DBAPIError:
                refused.add(name)
            connection.rollback()

    known = {name for name, refusing in KNOWN if refusing == dialect.name}
    if dialect.name == "postgresql":  # the record and the messages after it are rows of one answer, of different types
        known |= {name for name in STATEMENTS if name.startswith("messages.reading._LISTINGS")}
    assert refused == known
