"""The mongodb driver: both message store and management store on a server, a replica set or a sharded cluster."""

from zaqar.clock import Clock
from zaqar.errors import refuse_together
from zaqar.storage import driver
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.management import store as management
from zaqar.storage.mongodb.messages import store as messages
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE
from zaqar.storage.mongodb.server import checks
from zaqar.storage.mongodb.server.address import check_name
from zaqar.storage.mongodb.server.opening import Options, address_of, open_database
from zaqar.storage.server_clock import ServerClock


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
        return checks.warnings(options)

    def place(self, options: Options) -> str:
        """Return the address without its password, and the database."""
        return f"{address_of(options).place}/{options.database}"

    def message_store(self, options: Options, clock: Clock | None) -> MessageStore:
        """Open a message store, which contacts the server when it is first used."""
        return self.parts(options, clock).store()

    def parts(self, options: Options, clock: Clock | None) -> messages.Parts:
        """Return what a message store is made of."""
        database = open_database(options, MESSAGE_STORE)
        place = (options.uri, options.database)
        return messages.Parts(database, clock or ServerClock(database), place=place, patience=options.retry_deadline)

    def management_store(self, options: Options, clock: Clock | None) -> ManagementStore:  # noqa: ARG002
        """Open a management store, where nothing depends on the time."""
        return management.management_store(open_database(options, MANAGEMENT_STORE))


DRIVER = MongoDriver()
