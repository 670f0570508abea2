"""The table of backends. A driver is supported when it passes this folder with one row added here."""

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.clock import MovableClock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.sql import Database, SqlManagementStore, SqlMessageStore
from zaqar.storage.sql.migration import prepare


@dataclass(frozen=True)
class Stores:
    """Both bundles on one set of data; ``reopen`` gives another pair on it, as another process would have."""

    message: MessageStore
    management: ManagementStore
    clock: MovableClock
    reopen: Callable[[], "Stores"]


@dataclass(frozen=True)
class Backend:
    """One row: ``reason_to_skip`` names what is missing here, ``open`` makes empty stores in a folder of their own."""

    name: str
    reason_to_skip: Callable[[], str | None]
    open: Callable[[Path, MovableClock], AbstractContextManager[Stores]]


def _always_there() -> None:
    return None


@functools.cache
def _empty_database() -> bytes:
    """Migrate once: a copy of the result costs each test a tenth of a migration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "zaqar.db")
        prepare(f"sqlite:///{path}")
        return path.read_bytes()


@contextlib.contextmanager
def _sqlite(folder: Path, clock: MovableClock) -> Iterator[Stores]:
    path = folder / "zaqar.db"
    path.write_bytes(_empty_database())
    with contextlib.ExitStack() as opened:

        def open_stores() -> Stores:
            # NORMAL: nobody pulls the plug during these tests, and a sync for each write would triple their time.
            database = Database(f"sqlite:///{path}", synchronous="NORMAL", clock=clock)
            message, management = SqlMessageStore(database), SqlManagementStore(database)
            opened.callback(management.close)
            opened.callback(message.close)
            return Stores(message, management, clock, open_stores)

        yield open_stores()


BACKENDS = (Backend("sqlite", _always_there, _sqlite),)
