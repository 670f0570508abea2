"""The redis driver: both message store and management store on one server, Sentinels or a Cluster."""

import dataclasses

from zaqar.clock import Clock
from zaqar.storage import driver, tokens
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.redis.management.store import management_store
from zaqar.storage.redis.messages.store import Parts
from zaqar.storage.redis.server import start
from zaqar.storage.redis.server.address import SCHEMES, parse
from zaqar.storage.redis.server.opening import open_server
from zaqar.storage.redis.server.server import Server
from zaqar.storage.server_clock import ServerClock


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(driver.Options):
    """What ``[drivers:...:redis]`` says; times are in seconds."""

    uri: str = dataclasses.field(default="redis://127.0.0.1:6379", repr=False)
    max_reconnect_attempts: int = 10
    reconnect_sleep: float = 1.0
    retry_deadline: float = 10.0
    socket_timeout: float = 1.0
    max_connections: int = 64


class RedisDriver(driver.Driver[Options]):
    """A server, Sentinels or a Cluster."""

    name = "redis"
    schemes = frozenset(SCHEMES)
    capabilities = frozenset(driver.CAPABILITIES) - {"DURABILITY"}
    options = Options

    def warnings(self, options: Options) -> list[str]:
        """Ask the servers once."""
        return start.warnings(options.uri, socket_timeout=options.socket_timeout)

    def place(self, options: Options) -> str:
        """Return the address without its password."""
        return parse(options.uri).place

    def message_store(self, options: Options, clock: Clock | None) -> MessageStore:
        """Open a message store, which contacts the server when it is first used."""
        return self.parts(options, clock).store()

    def parts(self, options: Options, clock: Clock | None) -> Parts:
        """Return what a message store is made of."""
        server = _server(options)
        return Parts(server, clock or ServerClock(server), memory=tokens.memory(options.retry_deadline))

    def management_store(self, options: Options, clock: Clock | None) -> ManagementStore:  # noqa: ARG002
        """Open a management store, where nothing depends on the time."""
        return management_store(_server(options))


def _server(options: Options) -> Server:
    return open_server(
        parse(options.uri),
        socket_timeout=options.socket_timeout,
        max_connections=options.max_connections,
        retry_deadline=options.retry_deadline,
        max_reconnect_attempts=options.max_reconnect_attempts,
        reconnect_sleep=options.reconnect_sleep,
    )


DRIVER = RedisDriver()
