"""A driver that is not the service's own. Its stores are SQLite's: what is tested with it is how drivers are found."""

import dataclasses
from pathlib import Path

from zaqar.clock import Clock
from zaqar.errors import ConfigurationError
from zaqar.storage import driver
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite import migration
from zaqar.storage.sql.sqlite.connection import Database


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(driver.Options):
    """One of each kind that an option can have."""

    file_name: str = "elsewhere.db"
    pages: int = 1
    patience: float = 2.5
    is_shared: bool = False


class ElsewhereDriver(driver.Driver[Options]):
    """Keeps a database in the folder that its URI names: ``elsewhere:///path/of/a/folder``."""

    name = "elsewhere"
    schemes = frozenset({"elsewhere"})
    capabilities = frozenset({"FIFO", "CLAIMS"})
    options = Options

    def prepare(self, options: Options) -> list[str]:
        """Make the database."""
        return migration.prepare(_database(options))

    def warnings(self, options: Options) -> list[str]:
        """Say something of every option."""
        return [f"{options.pages} pages, {options.patience} s, {'shared' if options.is_shared else 'alone'}."]

    def place(self, options: Options) -> str:
        """Return the path."""
        return f"elsewhere at {_path(options)}"

    def message_store(self, options: Options, clock: Clock | None) -> MessageStore:
        """Open a message store."""
        return message_store(Database.shared(_database(options), clock=clock))

    def management_store(self, options: Options, clock: Clock | None) -> ManagementStore:
        """Open a management store."""
        return management_store(Database.shared(_database(options), clock=clock))


def _path(options: Options) -> Path:
    if options.uri is None or not options.uri.startswith("elsewhere:///"):
        raise ConfigurationError("The uri of an elsewhere store is elsewhere:///path/of/a/folder.")
    return Path(options.uri.removeprefix("elsewhere://"), options.file_name)


def _database(options: Options) -> str:
    return f"sqlite:///{_path(options)}"


DRIVER = ElsewhereDriver()
