"""Which file a uri names, and opening a connection to it."""

import sqlite3
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from zaqar.errors import ConfigurationError, Unavailable
from zaqar.storage.sql.sqlite.failure import is_lack_of_room, translated_errors
from zaqar.storage.sql.sqlite.reserve import make_way, widen_log

Synchronous = Literal["FULL", "NORMAL"]

BUSY_TIMEOUT = 5.0
"""Seconds that a write waits for a foreign program that holds the database."""

WRITER_CACHE, READER_CACHE = 16 * 1024, 1024
"""KiB of pages that a connection keeps. There is a reader for each thread; the system keeps the pages, too."""

LOG_LIMIT = 16 * 2**20
"""Bytes that the log keeps when it begins anew: what is written between two checkpoints."""


def database_path(uri: str) -> str:
    """Return the absolute path of the file. Raises ``ConfigurationError`` for what is not a SQLite file."""
    try:
        url = make_url(uri)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ConfigurationError("The uri of the sqlalchemy store is not a database URL.") from error
    if url.get_backend_name() != "sqlite":
        raise ConfigurationError(
            f"The sqlalchemy store does not serve {url.get_backend_name()} yet; use sqlite:////path/of/the/file.db."
        )
    if url.query:
        raise ConfigurationError("The uri of a SQLite store takes no options after a question mark.")
    if url.host or url.username:  # else the file would be made in some folder below the current one
        raise ConfigurationError("The uri of a SQLite store begins with three slashes, or four for an absolute path.")
    if not url.database or url.database == ":memory:":
        raise ConfigurationError(
            "A SQLite store in memory would lose acknowledged messages and cannot be shared by worker processes; "
            "use sqlite:////path/of/the/file.db."
        )
    if "\0" in url.database:
        raise ConfigurationError("The uri of a SQLite store has a character that cannot be part of a file's name.")
    return str(Path(url.database).expanduser().absolute())


def connect(path: str, synchronous: Synchronous, *, cache: int = WRITER_CACHE) -> sqlite3.Connection:
    """Open a connection to a database that exists, in WAL mode, with ``cache`` KiB of pages. Raises ``Unavailable``."""
    try:
        return _open(path, synchronous, cache)
    except Unavailable as error:
        if error.__cause__ is None or not is_lack_of_room(error.__cause__) or not make_way(path):
            raise
    connection = _open(path, synchronous, cache)
    widen_log(path)
    return connection


def _open(path: str, synchronous: Synchronous, cache: int) -> sqlite3.Connection:
    with translated_errors():
        connection = sqlite3.connect(
            f"file:{quote(path)}?mode=rw",  # else whoever comes first would make an empty database in its place
            uri=True,
            timeout=BUSY_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute(f"PRAGMA cache_size = -{cache}")
            # A checkpoint syncs the whole file: rarer ones cost less than the longer log they leave to readers.
            connection.execute("PRAGMA wal_autocheckpoint = 4000")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT}")
            # Pages that are freed whole are not overwritten: removing must not need much room in the log.
            connection.execute("PRAGMA secure_delete = FAST")
            connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        except sqlite3.Error:
            connection.close()
            raise
        return connection
