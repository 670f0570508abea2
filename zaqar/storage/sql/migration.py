"""The schema's state: read at every start of an embedded database, changed by one process at a time.

The usual start reads one row and does not import alembic, which takes a quarter of a second.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from zaqar.errors import ConfigurationError, Unavailable
from zaqar.storage.sql.connection import connect, database_path
from zaqar.storage.sql.schema import REVISION, VERSION_TABLE

if TYPE_CHECKING:
    from alembic.config import Config


def prepare(uri: str) -> None:
    """Bring the embedded database to the newest revision, making it where there is none.

    Safe in several processes at once. Raises ``ConfigurationError`` with a sentence for the operator.
    """
    path = Path(database_path(uri))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_writable(path)
    except OSError as error:
        raise ConfigurationError(f"The database {path} cannot be opened: {error.strerror}.") from error
    with _locked(path):
        _upgrade(path)


@contextlib.contextmanager
def changing(url: sa.URL) -> "Iterator[Config]":
    """Keep others from changing the database's schema, and yield the configuration to change it with by alembic.

    Raises ``ConfigurationError`` for a database that cannot be used, or holds the tables of another program.
    """
    if url.get_backend_name() != "sqlite":
        from zaqar.storage.sql.migrations import servers  # noqa: PLC0415 - only the command needs it

        with servers.changing(url) as connection:
            yield alembic_config(url, connection)
        return
    path = Path(str(url.database))
    with _locked(path):
        with contextlib.closing(connect(str(path), "FULL")) as file:
            _revision(file, path)
        yield alembic_config(url)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that the service's processes take turns by."""
    try:
        lock = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationError(f"The database {path} cannot be opened: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    except (sqlite3.Error, sa.exc.DBAPIError, Unavailable) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        raise ConfigurationError(f"The database {path} cannot be used: {cause}.") from error
    finally:
        os.close(lock)


def alembic_config(url: str | sa.URL, connection: sa.Connection | None = None) -> "Config":
    """Return alembic's configuration for a database of any kind; one on a server is reached over ``connection``."""
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _check_writable(path: Path) -> None:
    """Refuse at start what SQLite would only refuse at the first write."""
    if path.exists() and not os.access(path, os.W_OK):
        raise OSError(0, "it is read-only")
    if not os.access(path.parent, os.W_OK):
        raise OSError(0, "its folder is read-only")


def _upgrade(path: Path) -> None:
    is_new = not path.exists()
    connection = connect(str(path), "FULL")
    try:
        revision = _revision(connection, path)
    finally:
        connection.close()
    if is_new:
        path.chmod(0o600)
    if revision == REVISION:
        return
    if revision is not None and revision > REVISION:
        raise ConfigurationError(
            f"The database {path} has schema revision {revision}, made by a newer release; this one knows {REVISION}."
        )
    from alembic import command  # noqa: PLC0415 - see above

    command.upgrade(alembic_config(sa.URL.create("sqlite", database=str(path))), "head")


def _revision(connection: sqlite3.Connection, path: Path) -> str | None:
    """Return the database's revision, None for an empty database. Refuses what another program made."""
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if VERSION_TABLE in tables:
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        return row[0] if row else None
    if tables:
        raise ConfigurationError(
            f"The database {path} holds the tables of another program ({', '.join(sorted(tables)[:3])}); "
            "give the sqlalchemy store a file of its own."
        )
    return None
