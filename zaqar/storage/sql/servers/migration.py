"""The schema of a database on a server: changed by one at a time, and never among the tables of another program."""

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from zaqar.errors import ConfigurationError
from zaqar.storage.sql.schema import VERSION_TABLE

PATIENCE = 60
"""Seconds to wait for another change of the schema."""

_LOCK_NUMBER = 0x7A61716172  # PostgreSQL numbers its locks, in each database anew; any number of our own


@contextlib.contextmanager
def opened(url: sa.URL) -> Iterator[sa.Connection]:
    """Connect for one transaction. Raises ``ConfigurationError`` with a sentence that carries no secret."""
    name = _described(url)
    try:
        with _connect(url, name) as connection, connection.begin():
            yield connection
    except sa.exc.DBAPIError as error:
        raise ConfigurationError(f"The database {name} cannot be used: {_reason(error)}.") from error


@contextlib.contextmanager
def changing(url: sa.URL) -> Iterator[sa.Connection]:
    """Connect as ``opened`` does, keep others from changing the schema, and refuse a database that is not ours."""
    with opened(url) as connection:
        _lock(connection, url)
        _check(connection, url)
        yield connection


def _connect(url: sa.URL, name: str) -> sa.Connection:
    # Else psycopg speaks the database's encoding, and trips over one that is none before it can be named.
    options = {"client_encoding": "utf8"} if url.drivername.startswith("postgresql+psycopg") else {}
    try:
        return sa.create_engine(url, poolclass=sa.NullPool, connect_args=options).connect()
    except (ImportError, sa.exc.NoSuchModuleError) as error:
        raise ConfigurationError(
            f"The driver for the database {name} is missing ({error}): write postgresql+psycopg:// or "
            "mariadb+pymysql://, and install the extra postgresql or mariadb."
        ) from error
    except (TypeError, ValueError, sa.exc.ArgumentError) as error:  # an option, or a character of the password
        raise ConfigurationError(f"The URL of the database {name} has a part that its driver does not take.") from error


def _lock(connection: sa.Connection, url: sa.URL) -> None:
    """Wait for our turn; the lock goes with the transaction (PostgreSQL) or the connection (MariaDB, MySQL)."""
    name = connection.dialect.name
    if name not in ("postgresql", "mariadb", "mysql"):
        raise ConfigurationError(f"There is no schema for {name}: use SQLite, PostgreSQL or MariaDB.")
    has_lock = _lock_postgresql(connection) if name == "postgresql" else _lock_mariadb(connection)
    if not has_lock:
        raise ConfigurationError(f"Another program is changing the schema of {_described(url)}; try again later.")


def _lock_postgresql(connection: sa.Connection) -> bool:
    # For the locks on tables that the statements need, too: a service may be using them.
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{PATIENCE}s'"))
    try:
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == "55P03":  # lock_not_available
            return False
        raise
    return True


def _lock_mariadb(connection: sa.Connection) -> bool:
    connection.execute(sa.text(f"SET SESSION lock_wait_timeout = {PATIENCE}"))
    # The name holds for the whole server, and has at most 64 characters.
    statement = sa.text("SELECT GET_LOCK(CONCAT('zaqar:', SHA1(DATABASE())), :seconds)")
    return bool(connection.scalar(statement, {"seconds": PATIENCE}) == 1)


def _check(connection: sa.Connection, url: sa.URL) -> None:
    tables = sa.inspect(connection).get_table_names()
    if tables and VERSION_TABLE not in tables:
        raise ConfigurationError(
            f"The database {_described(url)} holds the tables of another program ({', '.join(sorted(tables)[:3])}); "
            "give the sqlalchemy store a database of its own."
        )
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(sa.text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ConfigurationError(f"The database {_described(url)} has the encoding {encoding}; make it with UTF8.")


def _described(url: sa.URL) -> str:
    """Return where the database is, without what follows a question mark: that may be a password."""
    return sa.URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def _reason(error: sa.exc.DBAPIError) -> str:
    """Return the first line of the driver's words, without its number for them: then come hints and the statement."""
    words = error.orig.args[-1] if error.orig is not None and error.orig.args else error.orig
    return str(words).strip().partition("\n")[0].rstrip(" .")
