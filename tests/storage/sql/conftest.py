"""A database in a file of its own, and what opens it."""

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.clock import MovableClock
from zaqar.storage.contract import MessageStore
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

OpenDatabase = Callable[[], Database]


@functools.cache
def _empty_database() -> bytes:
    """Migrate once: a copy of the result costs each test a tenth of a migration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "zaqar.db")
        prepare(f"sqlite:///{path}")
        return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with all tables and nothing in them."""
    path = tmp_path / "zaqar.db"
    path.write_bytes(_empty_database())
    return path


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def open_database(path: Path, clock: MovableClock) -> Iterator[OpenDatabase]:
    """Open the file once more, as another process would."""
    with contextlib.ExitStack() as opened:

        def open_once_more() -> Database:
            database = Database(f"sqlite:///{path}", synchronous="NORMAL", clock=clock)
            opened.callback(database.close)
            return database

        yield open_once_more


@pytest.fixture
def database(open_database: OpenDatabase) -> Database:
    return open_database()


@pytest.fixture
def store(database: Database) -> MessageStore:
    return message_store(database)
