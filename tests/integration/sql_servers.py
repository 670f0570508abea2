"""Start real database servers in folders of their own: PostgreSQL and MariaDB.

A server of one's own is used instead where ZAQAR_TEST_POSTGRESQL_URI or ZAQAR_TEST_MARIADB_URI names it, with an account
that may create databases.
"""

import contextlib
import dataclasses
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import sqlalchemy as sa

from tests.integration.process import free_port, wait_until
from tests.needs import require

KINDS = ("postgresql", "mariadb")
USER = "zaqar"
PASSWORD = "not 2 be:seen@all/%"

_PACKAGES = {"postgresql": "postgresql", "mariadb": "mariadb-server"}
# Where Debian puts what it keeps off PATH.
_PLACES = {"postgresql": ["/usr/lib/postgresql/*/bin"], "mariadb": ["/usr/sbin"]}
_OWNERS = {"postgresql": "postgres", "mariadb": "mysql"}


@dataclasses.dataclass(frozen=True)
class SqlServer:
    """A server that answers; ``url`` leads to its first database."""

    kind: str
    url: sa.URL

    @contextlib.contextmanager
    def new_database(self, options: str = "") -> Iterator[sa.URL]:
        """Make an empty database and remove it in the end; ``options`` are SQL, after its name."""
        name = f"zaqar_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url.set(database=name)
        finally:
            self.execute(f"DROP DATABASE {name}")

    def execute(self, statement: str) -> None:
        """Execute a statement outside of any transaction."""
        with connected(self.url, isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)


@contextlib.contextmanager
def sql_server(kind: str) -> Iterator[SqlServer]:
    """Run a server of one of ``KINDS`` until the block ends.

    Where it is not installed the test is skipped; under CI, which has to install it, it fails.
    """
    variable = f"ZAQAR_TEST_{kind.upper()}_URI"
    if named := os.environ.get(variable):
        yield SqlServer(kind, sa.make_url(named))
        return
    name = {"postgresql": "postgres", "mariadb": "mariadbd"}[kind]
    program = _program(kind, name)
    if program is None:
        reason = f"{name} is not installed: install the package {_PACKAGES[kind]}, or name a server by {variable}"
        require(kind, reason)  # does not return
    owner = _owner(kind)
    # Not below pytest's folder, which only its own user may enter.
    folder = Path(tempfile.mkdtemp(prefix=f"zaqar-{kind}-"))
    try:
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        run = {"postgresql": _postgresql, "mariadb": _mariadb}[kind]
        with run(program, folder, owner) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def connected(url: sa.URL, *, isolation_level: str = "READ COMMITTED") -> Iterator[sa.Connection]:
    """Connect to a database, as the tests and not as the service does."""
    engine = sa.create_engine(url, poolclass=sa.NullPool, isolation_level=isolation_level)
    with engine.connect() as connection:
        yield connection


@contextlib.contextmanager
def _postgresql(program: Path, folder: Path, owner: pwd.struct_passwd | None) -> Iterator[SqlServer]:
    secret = folder / "password"
    _write(secret, PASSWORD + "\n", owner)
    data, port = folder / "data", free_port()
    make = [program.with_name("initdb"), "-D", data, "-U", USER, f"--pwfile={secret}", "--auth=scram-sha-256"]
    _run([*make, "--encoding=UTF8", "--locale=C", "--no-sync"], folder, owner)
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    url = sa.URL.create("postgresql+psycopg", USER, PASSWORD, "127.0.0.1", port, "postgres")
    with _serving([program, "-D", data, *options], folder, owner, SqlServer("postgresql", url)) as server:
        yield server


@contextlib.contextmanager
def _mariadb(program: Path, folder: Path, owner: pwd.struct_passwd | None) -> Iterator[SqlServer]:
    installer = _program("mariadb", "mariadb-install-db")
    assert installer is not None, "mariadb-install-db belongs to the server"
    data, port = folder / "data", free_port()
    _run([installer, "--no-defaults", f"--datadir={data}", "--skip-test-db"], folder, owner)
    accounts = folder / "accounts.sql"
    _write(
        accounts,
        f"CREATE USER IF NOT EXISTS {USER}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        f"GRANT ALL ON *.* TO {USER}@'127.0.0.1' WITH GRANT OPTION;\n"
        "CREATE DATABASE IF NOT EXISTS first;\n",
        owner,
    )
    options = [
        "--no-defaults",
        f"--datadir={data}",
        "--bind-address=127.0.0.1",
        f"--port={port}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
        f"--init-file={accounts}",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    url = sa.URL.create("mariadb+pymysql", USER, PASSWORD, "127.0.0.1", port, "first")
    with _serving([program, *options], folder, owner, SqlServer("mariadb", url)) as server:
        yield server


@contextlib.contextmanager
def _serving(
    command: Sequence[str | Path], folder: Path, owner: pwd.struct_passwd | None, server: SqlServer
) -> Iterator[SqlServer]:
    """Run the server until the block ends, and end it by its process."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = _start(command, folder, owner, stdout=output)
    try:
        wait_until(
            lambda: process.poll() is not None or _answers(server), seconds=60, what=f"an answer of {server.kind}"
        )
        if process.poll() is not None:
            raise AssertionError(f"{server.kind} ended with status {process.returncode}:\n{log.read_text()}")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:  # PostgreSQL waits for its clients
            process.kill()
            process.wait(timeout=10)


def _answers(server: SqlServer) -> bool:
    try:
        with connected(server.url):
            return True
    except sa.exc.OperationalError:
        return False


def _run(command: Sequence[str | Path], folder: Path, owner: pwd.struct_passwd | None) -> None:
    process = _start(command, folder, owner, stdout=subprocess.PIPE)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output.decode(errors="replace")


def _start(
    command: Sequence[str | Path], folder: Path, owner: pwd.struct_passwd | None, *, stdout: object
) -> subprocess.Popen[bytes]:
    identity = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        [str(word) for word in command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder), "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **identity,
    )


def _program(kind: str, name: str) -> Path | None:
    """Find a program of a server; of several versions, the one on PATH or else the newest."""
    found = shutil.which(name)
    if found:
        return Path(found).resolve()
    folders = [folder for place in _PLACES[kind] for folder in Path("/").glob(place.lstrip("/"))]
    programs = [folder / name for folder in folders if (folder / name).exists()]
    return max(programs, key=lambda program: [int(part) for part in program.parts if part.isdecimal()], default=None)


def _owner(kind: str) -> pwd.struct_passwd | None:
    """Return who runs the server: these refuse to run as root."""
    if os.geteuid() != 0:
        return None
    for name in (_OWNERS[kind], "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise AssertionError("there is no account but root to run a database server")


def _write(path: Path, text: str, owner: pwd.struct_passwd | None) -> None:
    path.write_text(text)
    if owner is not None:
        os.chown(path, owner.pw_uid, owner.pw_gid)
