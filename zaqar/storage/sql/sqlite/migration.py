"""The schema of an embedded database: looked at by every start, changed by one process at a time.

The usual start reads one row and does not import alembic, which takes a quarter of a second.
"""

import contextlib
import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from zaqar.errors import ConfigurationError, Unavailable
from zaqar.storage.sql.schema import REVISION, VERSION_TABLE
from zaqar.storage.sql.sqlite import damage
from zaqar.storage.sql.sqlite.files import PRIVATE, close, make_private, reserve_path
from zaqar.storage.sql.sqlite.opening import connect, database_path
from zaqar.storage.sql.sqlite.reserve import Reserve
from zaqar.storage.sql.sqlite.turn import Turn

LOG = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds that a start waits for a process that has the turn to write."""

_prepared: set[str] = set()
"""Databases that were there when this process last looked."""


def prepare(uri: str) -> list[str]:
    """Bring the embedded database to the newest revision, making it where there is none; check it for damage.

    Safe in several processes at once. Returns what the operator should know, a sentence each. Raises
    ``ConfigurationError`` with a sentence for the operator.
    """
    path = Path(database_path(uri))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _check_writable(path)
    except OSError as error:
        raise ConfigurationError(f"The database {path} cannot be opened: {error.strerror}.") from error
    with _locked(path):
        sentences = _tighten(path)
        _upgrade(path)
        _mark(path)
        if not Path(reserve_path(str(path))).exists() and not Reserve(str(path)).make():
            sentences.append(f"The disk of {path} is full: what adds messages is refused until there is room.")
    sentences += _inspect(path)
    return sentences


@contextlib.contextmanager
def changing(path: str) -> Iterator[None]:
    """Keep others from writing while the schema of a database that exists is changed.

    Raises ``ConfigurationError`` for one that cannot be used, or holds the tables of another program.
    """
    with _locked(Path(path)):
        with contextlib.closing(connect(path, "FULL")) as file:
            _revision(file, Path(path))
        yield


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock that the service's processes take turns by."""
    turn = Turn(str(path))
    try:
        turn.take_within(PATIENCE)
        yield
    except OSError as error:
        raise ConfigurationError(f"The database {path} cannot be opened: {error.strerror}.") from error
    except (sqlite3.Error, sa.exc.DBAPIError, Unavailable) as error:
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__ or error
        raise ConfigurationError(f"The database {path} cannot be used: {str(cause).rstrip('.')}.") from error
    finally:
        turn.close()


def _check_writable(path: Path) -> None:
    """Refuse at start what SQLite would only refuse at the first write."""
    if path.exists() and not os.access(path, os.W_OK):
        raise OSError(0, "it is read-only")
    if not os.access(path.parent, os.W_OK):
        raise OSError(0, "its folder is read-only")


def _upgrade(path: Path) -> None:
    if not path.exists() or not path.stat().st_size:
        _make(path)
    connection = connect(str(path), "FULL")
    try:
        revision = _revision(connection, path)
    finally:
        close(connection, str(path))
    if revision == REVISION:
        return
    if revision is not None and revision > REVISION:
        raise ConfigurationError(
            f"The database {path} has schema revision {revision}, made by a newer release; this one knows {REVISION}."
        )
    from alembic import command  # noqa: PLC0415 - see above

    from zaqar.storage.sql.migrations.settings import alembic_config  # noqa: PLC0415 - it imports alembic

    command.upgrade(alembic_config(sa.URL.create("sqlite", database=str(path))), "head")


def _make(path: Path) -> None:
    """Make an empty file where there never was a database: else it would stand in the place of one that is away."""
    log, lock = (path.with_name(path.name + ending) for ending in ("-wal", "-lock"))
    for trace in (log, lock):
        if trace.exists() and trace.stat().st_size:
            raise ConfigurationError(
                f"The database {path} is missing, and {trace.name} says that there was one: put it back, or remove "
                f"{log.name} and {lock.name} to begin with an empty one."
            )
    if str(path) in _prepared:
        raise ConfigurationError(f"The database {path} is missing: put it back.")
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE))
    LOG.debug("There was no database at %s: a new, empty one is made.", path)


def _mark(path: Path) -> None:
    """Leave word, for every later start, that a database was made here."""
    _prepared.add(str(path))
    with contextlib.suppress(OSError):  # the disk may be full
        lock = path.with_name(path.name + "-lock")
        if not lock.stat().st_size:
            lock.write_text("A database was made here.\n")


def _tighten(path: Path) -> list[str]:
    """Take the files from other users, who could read them, or hold up everybody by a lock."""
    endings = ("", "-wal", "-shm", "-lock", "-sweep", "-reserve", "-spare", "-damaged")
    wide = [path.name + ending for ending in endings if make_private(f"{path}{ending}")]
    if not wide:
        return []
    return [f"Other users could open {', '.join(wide)} in {path.parent}; their mode is to be 600."]


def _inspect(path: Path) -> list[str]:
    """Look for damage, for a moment; processes that write go on meanwhile."""
    connection = connect(str(path), "FULL")
    try:
        sentence = damage.inspect(connection, str(path))
    finally:
        close(connection, str(path))
    return [] if sentence is None else [f"{sentence} {damage.ADVICE}"]


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
