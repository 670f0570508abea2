"""``zaqar-sql-db-manage`` on real database servers."""

import contextlib
import logging
import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

from tests.integration import sql_servers
from tests.integration.process import free_port, wait_until
from zaqar.cmd import db_manage
from zaqar.storage.sql import schema
from zaqar.storage.sql.servers import migration as servers

KEYS = {
    "remembered_posts": ["queue", "position"],
    "messages": ["queue", "position"],
    "claims": ["queue", "id"],
    "subscriptions": ["source", "position"],
    "deliveries": ["source", "subscription"],
    "notices": ["source", "position"],
}
"""The primary keys that are others than SQLite's: on a server each queue has positions of its own."""

PROJECTS = ["a", "A", "ä", "a ", "é", "e\u0301", "ß", "ss", "\U0001f600", "\U0001f600" * 256]


@pytest.fixture(scope="module", params=sql_servers.KINDS)
def server(request):
    with sql_servers.sql_server(request.param) as running:
        yield running


@pytest.fixture
def url(server):
    """The URL of an empty database, made as its server makes one that is not told more."""
    with server.new_database() as made:
        yield made


@pytest.fixture
def manage(url, tmp_path, monkeypatch, capfd):
    """Run the command on a database; return its exit status, standard output and standard error."""
    monkeypatch.setenv("HOME", str(tmp_path))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*arguments, at=url):
        status = db_manage.main(["--config-file", _configuration(tmp_path, at), *arguments])
        captured = capfd.readouterr()
        return status, captured.out, captured.err

    yield run
    root.handlers[:], root.level = handlers, level


def _configuration(folder, url):
    path = folder / "zaqar.conf"
    uri = url.render_as_string(hide_password=False).replace("$", "$$")
    path.write_text(f"[drivers:management_store:sqlalchemy]\nuri = {uri}\n")
    return str(path)


def _tables(url):
    with sql_servers.connected(url) as connection:
        return set(sa.inspect(connection).get_table_names())


def _shape(connection, table):
    """Describe a table as the server has it, in a form that compares."""
    inspector = sa.inspect(connection)
    columns = {
        column["name"]: {
            "type": column["type"].compile(connection.dialect),
            "nullable": column["nullable"],
            "default": column["default"],
            "autoincrement": column.get("autoincrement", False),
        }
        for column in inspector.get_columns(table)
    }
    indexes = {
        index["name"]: (
            index["column_names"],
            index["unique"],
            index.get("dialect_options", {}).get("postgresql_where"),
        )
        for index in inspector.get_indexes(table)
    }
    unique = [constraint["column_names"] for constraint in inspector.get_unique_constraints(table)]
    return columns, indexes, unique, inspector.get_pk_constraint(table)["constrained_columns"]


ALL_TABLES = {schema.VERSION_TABLE, *schema.METADATA.tables}


def test_upgrade_makes_the_tables_and_says_so_to_current(manage, url):
    assert manage("current")[:2] == (0, "")

    status, output, log = manage("upgrade", "head")

    assert (status, output) == (0, "")
    assert "Running upgrade" in log
    assert _tables(url) == ALL_TABLES
    assert manage("current")[:2] == (0, f"{schema.REVISION} (head)\n")


def test_the_tables_are_those_of_the_code(server, manage, url):
    manage("upgrade", "head")

    collation = "CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin" if server.kind == "mariadb" else ""
    with server.new_database(collation) as other, sql_servers.connected(other) as intended:
        schema.METADATA.create_all(intended)
        intended.commit()
        with sql_servers.connected(url) as migrated:
            for table in schema.METADATA.tables:
                *rest, key = _shape(migrated, table)
                *intended_rest, intended_key = _shape(intended, table)
                assert rest == intended_rest
                assert key == KEYS.get(table, intended_key)


def test_projects_that_differ_in_a_byte_are_two(manage, url):
    manage("upgrade", "head")

    with sql_servers.connected(url) as connection:
        for table in (schema.QUEUES, schema.RECORDS):
            rows = [{"project": project, "kind": "queue", "name": "q"} for project in PROJECTS]
            if table is schema.QUEUES:
                rows = [{**row, "metadata": "{}"} for row in rows]
            connection.execute(sa.insert(table), rows)
            found = connection.scalars(sa.select(table.c.project).order_by(table.c.project)).all()
            assert found == sorted(PROJECTS, key=str.encode)
            for project in PROJECTS:
                assert connection.scalars(sa.select(table.c.project).where(table.c.project == project)).all() == [
                    project
                ]


def test_the_largest_values_fit(manage, url):
    manage("upgrade", "head")
    most, body, text = 2**63 - 1, bytes(range(256)) * 4096, "ä" * 200_000
    times = {"due": most, "expires": most, "created": most, "ttl": most}
    row = {
        "position": most,
        "queue": most,
        "state": schema.DELAYED,
        "claim": most,
        "claim_count": 2**31 - 1,
        "client_id": "c" * 255,
        "token": "f" * 16,
        "checksum": "SHA256:" + "0" * 57,
        "body": body,
        "origin": body,
        **times,
    }

    with sql_servers.connected(url) as connection:
        connection.execute(sa.insert(schema.MESSAGES), row)
        connection.execute(sa.insert(schema.QUEUES), {"project": "p", "kind": "queue", "name": "q", "metadata": text})

        assert connection.execute(sa.select(schema.MESSAGES)).one()._asdict() == row
        assert connection.scalar(sa.select(schema.QUEUES.c.metadata)) == text


def test_queues_have_positions_of_their_own(manage, url):
    manage("upgrade", "head")
    row = {
        "state": 0,
        "claim_count": 0,
        "expires": 1,
        "created": 1,
        "ttl": 1,
        "client_id": "",
        "token": "",
        "body": b"",
    }

    with sql_servers.connected(url) as connection:
        connection.execute(sa.insert(schema.MESSAGES), [{**row, "queue": queue, "position": 1} for queue in (1, 2)])
        with pytest.raises(sa.exc.IntegrityError):
            connection.execute(sa.insert(schema.MESSAGES), {**row, "queue": 2, "position": 1})


def test_upgrade_twice_changes_nothing(manage, url):
    manage("upgrade", "head")

    status, _, log = manage("upgrade", "head")

    assert (status, _tables(url)) == (0, ALL_TABLES)
    assert "Running upgrade" not in log


def test_history_lists_the_revisions(manage):
    status, output, _ = manage("history")

    assert status == 0
    assert f"-> {schema.REVISION} (head)" in output
    assert "<base> -> 0001" in output


def test_stamp_records_a_revision_and_does_nothing_else(manage, url):
    manage("upgrade", "head")

    assert manage("stamp", "base")[0] == 0
    assert manage("current")[:2] == (0, "")
    assert manage("stamp", "head")[0] == 0
    assert manage("current")[1] == f"{schema.REVISION} (head)\n"
    assert _tables(url) == ALL_TABLES


@pytest.mark.parametrize("down", [("base",), ("--delta", "1")])
def test_downgrade_takes_back_what_upgrade_did(manage, url, down):
    manage("upgrade", "--delta", "1")

    assert manage("downgrade", *down)[0] == 0
    assert _tables(url) == {schema.VERSION_TABLE}
    assert manage("upgrade", "head")[0] == 0
    assert _tables(url) == ALL_TABLES


@pytest.mark.parametrize("arguments", [("upgrade", "head"), ("upgrade", "--delta", "1"), ("stamp", "head")])
def test_the_tables_of_another_program_are_left_alone(manage, server, url, arguments):
    server_here = sql_servers.SqlServer(server.kind, url)
    server_here.execute("CREATE TABLE theirs (id INTEGER)")

    status, _, error = manage(*arguments)

    assert status == 1
    assert "holds the tables of another program (theirs)" in error
    assert _tables(url) == {"theirs"}


@pytest.mark.parametrize("arguments", [("upgrade", "head"), ("current",)])
def test_a_wrong_password_is_one_sentence_without_it(manage, url, arguments):
    status, output, error = manage(*arguments, at=url.set(password="s3cr3t"))

    assert (status, output) == (1, "")
    assert error.count("\n") == 1
    assert error.startswith(f"zaqar-sql-db-manage: The database {url.drivername}://127.0.0.1:")
    assert "password" in error
    assert "s3cr3t" not in error


@pytest.mark.parametrize("arguments", [("upgrade", "head"), ("current",)])
def test_a_server_that_is_down_is_one_sentence_without_a_password(manage, url, arguments):
    status, output, error = manage(*arguments, at=url.set(host="127.0.0.1", port=free_port()))

    assert (status, output) == (1, "")
    assert error.count("\n") == 1
    assert "cannot be used: " in error
    assert "refused" in error
    assert sql_servers.PASSWORD not in error


def test_a_database_that_does_not_exist_is_one_sentence(manage, url):
    status, _, error = manage("upgrade", "head", at=url.set(database="missing"))

    assert (status, error.count("\n")) == (1, 1)
    assert "missing" in error


def test_a_database_of_another_encoding_harms_no_text(server, manage):
    if server.kind == "postgresql":
        with server.new_database("ENCODING 'SQL_ASCII' TEMPLATE template0") as made:
            status, _, error = manage("upgrade", "head", at=made)

            assert (status, error.count("\n")) == (1, 1)
            assert "has the encoding SQL_ASCII; make it with UTF8" in error
    else:  # there the tables' own encoding counts
        with server.new_database("CHARACTER SET latin1") as made:
            assert manage("upgrade", "head", at=made)[0] == 0


def test_an_account_that_may_not_make_tables_is_told_so_in_one_sentence(server, manage, url):
    account = "reader" if server.kind == "postgresql" else "reader@'127.0.0.1'"
    by = "PASSWORD" if server.kind == "postgresql" else "IDENTIFIED BY"
    server.execute(f"CREATE USER {account} {by} 'r'")
    try:
        if server.kind == "mariadb":
            server.execute(f"GRANT SELECT ON {url.database}.* TO {account}")

        status, _, error = manage("upgrade", "head", at=url.set(username="reader", password="r"))

        assert status == 1
        assert "denied" in error.splitlines()[-1]
        assert "Traceback" not in error
        assert _tables(url) == set()
    finally:
        server.execute(f"DROP USER {account}")


def test_an_option_that_the_driver_does_not_know_is_one_sentence_without_its_value(manage, url):
    status, _, error = manage("upgrade", "head", at=url.update_query_dict({"nonsense": "s3cr3t"}))

    assert (status, error.count("\n")) == (1, 1)
    assert "s3cr3t" not in error


def test_sql_prints_the_statements_and_executes_nothing(manage, url):
    status, output, _ = manage("upgrade", "head", "--sql")

    assert status == 0
    assert "CREATE TABLE messages" in output
    assert _tables(url) == set()


def test_several_upgrades_at_once_make_one_schema(url, tmp_path):
    command = [sys.executable, "-m", "zaqar.cmd.db_manage", "--config-file", _configuration(tmp_path, url)]
    environment = {**os.environ, "HOME": str(tmp_path)}
    started = [
        subprocess.Popen([*command, "upgrade", "head"], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]

    logs = [process.communicate(timeout=60)[1] for process in started]

    assert [process.returncode for process in started] == [0, 0, 0], logs
    assert sum(log.count("Running upgrade") for log in logs) == int(schema.REVISION), "each step is taken once"
    assert _tables(url) == ALL_TABLES


def test_an_upgrade_waits_for_another(url, tmp_path):
    command = [sys.executable, "-m", "zaqar.cmd.db_manage", "--config-file", _configuration(tmp_path, url)]
    with contextlib.ExitStack() as stack:
        stack.enter_context(servers.changing(url))
        process = subprocess.Popen(
            [*command, "upgrade", "head"], env={**os.environ, "HOME": str(tmp_path)}, stderr=subprocess.PIPE, text=True
        )
        wait_until(lambda: _waits(url), what="an upgrade that waits")
        assert _tables(url) == set()
        stack.close()
        log = process.communicate(timeout=60)[1]

    assert process.returncode == 0, log
    assert _tables(url) == ALL_TABLES


def test_an_upgrade_that_waited_too_long_says_so(manage, url, monkeypatch):
    with servers.changing(url):
        monkeypatch.setattr(servers, "PATIENCE", 1)

        status, _, error = manage("upgrade", "head")

    assert (status, error.count("\n")) == (1, 1)
    assert "Another program is changing the schema" in error
    assert _tables(url) == set()


def _waits(url):
    questions = {
        "postgresql": "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted",
        "mariadb": "SELECT count(*) FROM information_schema.processlist WHERE state = 'User lock'",
    }
    with sql_servers.connected(url) as connection:
        return connection.exec_driver_sql(questions[url.get_backend_name()]).scalar()
