"""The sqlalchemy driver: an embedded database in one file, both message store and management store."""

import dataclasses

from zaqar.clock import Clock
from zaqar.errors import ConfigurationError
from zaqar.storage import driver
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite import migration
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.opening import Synchronous, database_path
from zaqar.storage.sql.sqlite.place import check_place


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(driver.Options):
    """What ``[drivers:...:sqlalchemy]`` says."""

    synchronous: Synchronous = "FULL"
    """FULL or NORMAL: what an acknowledgement means on disk."""


class SqlDriver(driver.Driver[Options]):
    """SQLite in a file."""

    name = "sqlalchemy"
    schemes = frozenset({"sqlite"})
    capabilities = frozenset(driver.CAPABILITIES) - {"DURABILITY"}
    options = Options

    def check(self, options: Options) -> None:
        """Refuse a place at which no database can be; nothing is made."""
        check_place(_uri(options))

    def prepare(self, options: Options) -> list[str]:
        """Bring the database to the newest revision, making it where there is none; look for damage."""
        return migration.prepare(_uri(options))

    def place(self, options: Options) -> str:
        """Return the path of the file."""
        return f"{database_path(_uri(options))} (sqlite, synchronous={options.synchronous})"

    def message_store(self, options: Options, clock: Clock | None) -> MessageStore:
        """Open a message store; without a clock its time rests on the host's uptime."""
        return message_store(_database(options, clock))

    def management_store(self, options: Options, clock: Clock | None) -> ManagementStore:
        """Open a management store; on the same file it shares the message store's connections."""
        return management_store(_database(options, clock))


def _database(options: Options, clock: Clock | None) -> Database:
    return Database.shared(_uri(options), synchronous=options.synchronous, clock=clock)


def _uri(options: Options) -> str:
    if not options.uri:
        raise ConfigurationError("The sqlalchemy store has no uri; sqlite:////path/of/the/file.db names a file.")
    return options.uri


DRIVER = SqlDriver()
