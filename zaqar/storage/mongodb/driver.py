"""The mongodb driver: both message store and management store on a server, a replica set or a sharded cluster."""

import dataclasses
from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import refuse_together
from zaqar.storage import driver
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.management import store as management
from zaqar.storage.mongodb.messages import store as messages
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE, Index
from zaqar.storage.mongodb.server import start
from zaqar.storage.mongodb.server.address import Address, Tls, check_name, parse
from zaqar.storage.mongodb.server.connection import Database
from zaqar.storage.mongodb.server.opening import open_database
from zaqar.storage.server_clock import ServerClock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(driver.Options):
    """What ``[drivers:...:mongodb]`` says, and ``unreliable`` of ``[DEFAULT]``; times are in seconds."""

    database: str = "zaqar"
    unreliable: bool = False
    ssl_keyfile: str | None = None
    ssl_certfile: str | None = None
    ssl_cert_reqs: str = "CERT_REQUIRED"
    ssl_ca_certs: str | None = None
    retry_deadline: float = 10.0
    max_reconnect_attempts: int = 10
    reconnect_sleep: float = 0.02


class MongoDriver(driver.Driver[Options]):
    """A replica set, the routers of a sharded cluster, or a single server."""

    name = "mongodb"
    schemes = frozenset({"mongodb", "mongodb+srv"})
    capabilities = frozenset(driver.CAPABILITIES)
    options = Options

    def check(self, options: Options) -> None:
        """Refuse an address or a name of a database that cannot be."""
        refuse_together(lambda: self.place(options), lambda: check_name(options.database))

    def warnings(self, options: Options) -> list[str]:
        """Ask the server once."""
        return start.warnings(_address(options), check_name(options.database), patience=options.retry_deadline)

    def place(self, options: Options) -> str:
        """Return the address without its password, and the database."""
        return f"{_address(options).place}/{options.database}"

    def message_store(self, options: Options, clock: Clock | None) -> MessageStore:
        """Open a message store, which contacts the server when it is first used."""
        return self.parts(options, clock).store()

    def parts(self, options: Options, clock: Clock | None) -> messages.Parts:
        """Return what a message store is made of."""
        database = _database(options, MESSAGE_STORE)
        place = (options.uri, options.database)
        return messages.Parts(database, clock or ServerClock(database), place=place)

    def management_store(self, options: Options, clock: Clock | None) -> ManagementStore:  # noqa: ARG002
        """Open a management store, where nothing depends on the time."""
        return management.management_store(_database(options, MANAGEMENT_STORE))


def _address(options: Options) -> Address:
    """Return the address that the options mean. Raises ``ConfigurationError``."""
    tls = Tls(options.ssl_keyfile, options.ssl_certfile, options.ssl_cert_reqs, options.ssl_ca_certs)
    return parse(options.uri, tls=tls, is_unreliable=options.unreliable, retry_deadline=options.retry_deadline)


def _database(options: Options, indexes: Sequence[Index]) -> Database:
    """Return the database, which is first contacted when it is first used. Raises ``ConfigurationError``."""
    return open_database(
        _address(options),
        options.database,
        indexes=indexes,
        deadline=options.retry_deadline,
        attempts=options.max_reconnect_attempts,
        first_pause=options.reconnect_sleep,
    )


DRIVER = MongoDriver()
