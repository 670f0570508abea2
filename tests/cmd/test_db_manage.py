import fcntl
import logging
import sqlite3
import stat
from pathlib import Path

import pytest
from alembic import command

from zaqar.cmd import db_manage
from zaqar.storage.sql import schema


@pytest.fixture
def database(tmp_path, monkeypatch):
    """The path of an embedded database that does not exist yet, in a home without configuration."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return tmp_path / "data" / "zaqar.db"


@pytest.fixture
def manage(database, tmp_path, capfd):
    """Run the command on the database; return its exit status, standard output and standard error."""
    path = tmp_path / "zaqar.conf"
    path.write_text(f"[drivers:management_store:sqlalchemy]\nuri = sqlite:///{database}\n")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments):
        status = db_manage.main(["--config-file", str(path), *arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    yield run
    root.handlers[:], root.level = handlers, level


def _tables(database):
    connection = sqlite3.connect(database)
    try:
        return {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    finally:
        connection.close()


def test_upgrade_makes_the_tables_in_a_file_for_its_owner_only(manage, database):
    status, output, log = manage("upgrade", "head")

    assert (status, output) == (0, "")
    assert {"queues", "messages", "claims"} <= _tables(database)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert "Running upgrade" in log


def test_upgrade_twice_changes_nothing(manage, database):
    manage("upgrade", "head")

    assert manage("upgrade", "head")[0] == 0


@pytest.mark.parametrize("command", ["upgrade", "downgrade"])
def test_a_revision_or_a_delta_is_needed(manage, command):
    status, _, error = manage(command)

    assert status == 1
    assert f"{command} needs a revision, or --delta." in error


def test_a_revision_and_a_delta_are_too_much(manage):
    status, _, error = manage("upgrade", "head", "--delta", "1")

    assert status == 1
    assert "not both" in error


def test_a_delta_moves_by_so_many_revisions(manage, database):
    manage("upgrade", "head")

    assert manage("downgrade", "--delta", "1")[0] == 0
    assert "redrives" not in _tables(database)
    assert "messages" in _tables(database)
    assert manage("upgrade", "--delta", "1")[0] == 0
    assert "redrives" in _tables(database)


@pytest.mark.parametrize("delta", ["0", "-1", "many"])
def test_a_senseless_delta_is_a_usage_error(manage, delta):
    with pytest.raises(SystemExit):
        manage("upgrade", "--delta", delta)


def test_current_shows_the_revision(manage):
    manage("upgrade", "head")

    assert "(head)" in manage("current")[1]


def test_history_lists_the_revisions_without_a_database(manage, database):
    status, output, _ = manage("history")

    assert status == 0
    assert "<base> -> " in output
    assert not database.exists()


def test_sql_prints_the_statements_and_executes_nothing(manage, database):
    status, output, _ = manage("upgrade", "head", "--sql")

    assert status == 0
    assert "CREATE TABLE messages" in output
    assert not database.exists()


def test_stamp_records_a_revision_and_does_nothing_else(manage, database):
    manage("upgrade", "head")

    assert manage("stamp", "base")[0] == 0
    assert "(head)" not in manage("current")[1]
    assert "messages" in _tables(database)


@pytest.mark.parametrize("arguments", [("current",), ("stamp", "head"), ("upgrade", "--delta", "1")])
def test_a_database_that_does_not_exist_is_not_made_in_passing(manage, database, arguments):
    status, _, error = manage(*arguments)

    assert status == 1
    assert "upgrade head" in error
    assert not database.exists()


def test_an_unknown_revision_is_an_error(manage):
    manage("upgrade", "head")

    status, _, error = manage("stamp", "nonsense")

    assert status == 1
    assert "nonsense" in error


@pytest.mark.parametrize(
    "arguments", [("upgrade", "head"), ("upgrade", "--delta", "1"), ("downgrade", "base"), ("stamp", "head")]
)
def test_a_database_of_another_program_is_refused(manage, database, arguments):
    database.parent.mkdir()
    connection = sqlite3.connect(database)
    connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()

    status, _, error = manage(*arguments)

    assert status == 1
    assert "another program" in error
    assert _tables(database) == {"theirs"}


@pytest.mark.parametrize(
    "arguments",
    [("upgrade", "--delta", "1"), ("upgrade", schema.REVISION), ("downgrade", "--delta", "1"), ("stamp", "base")],
)
def test_the_schema_changes_under_the_lock_of_the_service(manage, database, monkeypatch, arguments):
    manage("upgrade", "head")
    if arguments[0] == "upgrade":
        manage("downgrade", "base")
    change = getattr(command, arguments[0])

    def probe(*given, **options):
        with Path(f"{database}-lock").open("rb") as lock, pytest.raises(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        change(*given, **options)
        probes.append(given)

    probes = []
    monkeypatch.setattr(command, arguments[0], probe)

    assert manage(*arguments)[0] == 0
    assert len(probes) == 1
    with Path(f"{database}-lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    "uri", ["postgresql+psycopg://u:s3cr3t@h:port/d", "postgresql+nonsense://u:s3cr3t@h/d", "nonsense s3cr3t"]
)
def test_a_uri_that_cannot_be_used_is_one_sentence_without_a_secret(tmp_path, monkeypatch, capfd, uri):
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / "zaqar.conf"
    path.write_text(f"[drivers:management_store:sqlalchemy]\nuri = {uri}\n")

    assert db_manage.main(["--config-file", str(path), "upgrade", "head"]) == 1

    error = capfd.readouterr().err
    assert error.count("\n") == 1
    assert "s3cr3t" not in error


@pytest.mark.parametrize("option", ["--log-file", "--log-config-append"])
def test_a_log_that_cannot_be_written_is_one_sentence(manage, option):
    status, output, error = manage(option, "/nonexist/x", "current")

    assert (status, output) == (1, "")
    assert error.startswith("zaqar-sql-db-manage: [DEFAULT] log_")
    assert error.endswith("cannot be used: /nonexist/x: No such file or directory.\n")
    assert error.count("\n") == 1


def test_a_missing_configuration_file_is_an_error(capfd):
    assert db_manage.main(["--config-file", "/missing.conf", "current"]) == 1
    assert capfd.readouterr().err == "zaqar-sql-db-manage: Configuration file not found: /missing.conf.\n"
