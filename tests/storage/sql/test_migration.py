"""Preparing the database at start-up: once, whole or not at all, and in peace with others."""

import contextlib
import sqlite3
import subprocess
import sys

import pytest

from tests.conformance.threads import together
from tests.storage.children import child
from zaqar.errors import ConfigurationError
from zaqar.storage.sql import schema
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare


@pytest.fixture
def new(tmp_path):
    """The path of a database that is not there yet."""
    return tmp_path / "folder" / "zaqar.db"


@pytest.fixture
def uri(new):
    return f"sqlite:///{new}"


def _tables(path):
    file = sqlite3.connect(path)
    tables = {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    file.close()
    return tables - {"sqlite_sequence"}


def _is_alive(uri):
    with contextlib.closing(Database(uri)) as database:
        return database.is_alive()


def _execute(path, sql):
    with sqlite3.connect(path) as file:
        file.execute(sql)
    file.close()


def _run(program, *arguments):
    command = [sys.executable, "-W", "error", "-c", program, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


ALL_TABLES = {schema.VERSION_TABLE, *schema.METADATA.tables}


def test_a_new_database_is_made_with_its_folder_for_the_service_alone(new, uri):
    prepare(uri)

    assert _tables(new) == ALL_TABLES
    assert _is_alive(uri)
    assert new.stat().st_mode & 0o777 == 0o600
    assert new.parent.stat().st_mode & 0o777 == 0o700


def test_an_empty_file_is_taken_for_a_new_database(new, uri):
    new.parent.mkdir()
    new.touch()

    prepare(uri)

    assert _tables(new) == ALL_TABLES


def test_preparing_again_changes_nothing_and_does_not_import_alembic(new, uri):
    prepare(uri)
    before = new.read_bytes()

    done = _run(
        "import sys\n"
        "from zaqar.storage.sql.sqlite.migration import prepare\n"
        "prepare(sys.argv[1])\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'mako')])",
        uri,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")
    assert new.read_bytes() == before


def test_several_processes_may_prepare_at_once(new, uri):
    with child(lambda parent: prepare(uri)) as one, child(lambda parent: prepare(uri)) as two:
        prepare(uri)
        assert (one.end(), two.end()) == (0, 0)

    assert _tables(new) == ALL_TABLES
    assert _is_alive(uri)


def test_several_threads_may_prepare_at_once(new, uri):
    together(*[lambda: prepare(uri)] * 4)

    assert _tables(new) == ALL_TABLES


@pytest.mark.parametrize("steps", [1, 3, 6])
def test_a_crash_in_the_middle_leaves_an_empty_database_that_the_next_start_fills(new, uri, steps):
    done = _run(
        "import os, sys\n"
        "import sqlalchemy as sa\n"
        "from zaqar.storage.sql.sqlite.migration import prepare\n"
        "left = int(sys.argv[2])\n"
        "def crash(connection, cursor, statement, *rest):\n"
        "    global left\n"
        "    left -= 'CREATE' in statement\n"
        "    if not left:\n"
        "        os._exit(9)\n"
        "sa.event.listen(sa.Engine, 'after_cursor_execute', crash)\n"
        "prepare(sys.argv[1])\n",
        uri,
        steps,
    )

    assert done.returncode == 9, done.stderr
    assert _tables(new) == set()
    prepare(uri)
    assert _tables(new) == ALL_TABLES
    assert _is_alive(uri)


def test_a_failure_in_the_middle_leaves_an_empty_database_too(new, uri):
    done = _run(
        "import sys\n"
        "from alembic import op\n"
        "from zaqar.storage.sql.sqlite.migration import prepare\n"
        "def fail(*arguments, **options):\n"
        "    raise ZeroDivisionError\n"
        "op.create_index = fail\n"
        "prepare(sys.argv[1])\n",
        uri,
    )

    assert "ZeroDivisionError" in done.stderr
    assert _tables(new) == set()
    prepare(uri)
    assert _tables(new) == ALL_TABLES


def test_the_tables_of_another_program_are_left_alone(new, uri):
    new.parent.mkdir()
    _execute(new, "CREATE TABLE Messages (id INTEGER)")
    before = new.read_bytes()

    with pytest.raises(ConfigurationError, match="holds the tables of another program") as caught:
        prepare(uri)

    assert "(Messages)" in str(caught.value)
    assert _tables(new) == {"Messages"}
    assert len(new.read_bytes()) == len(before)


def test_a_newer_revision_is_refused(new, uri):
    prepare(uri)
    _execute(new, f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")

    with pytest.raises(ConfigurationError, match=r"schema revision 9999, made by a newer release") as caught:
        prepare(uri)

    assert schema.REVISION in str(caught.value)


def test_preparing_waits_for_a_process_that_writes(new, uri):
    prepare(uri)
    _execute(new, f"DROP TABLE {schema.VERSION_TABLE}")  # so that the wait is for an answer, too
    database = Database(uri)

    def write(parent):
        def step(transaction):
            parent.say()
            parent.wait()
            transaction.connection.execute(f"CREATE TABLE {schema.VERSION_TABLE} (version_num TEXT)")
            transaction.connection.execute(f"INSERT INTO {schema.VERSION_TABLE} VALUES ('{schema.REVISION}')")

        database.write(step)

    with child(write) as writer:
        writer.wait()
        together(lambda: prepare(uri), writer.say)
    assert _is_alive(uri)
