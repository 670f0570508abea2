"""From options to the database behind them."""

import dataclasses
from collections.abc import Sequence

from pymongo import MongoClient
from pymongo.driver_info import DriverInfo
from pymongo.errors import ConfigurationError as PyMongoConfigurationError
from pymongo.errors import InvalidURI

from zaqar.errors import ConfigurationError
from zaqar.storage import driver
from zaqar.storage.mongodb.schema import Index
from zaqar.storage.mongodb.server.address import Address, Tls, check_name, parse
from zaqar.storage.mongodb.server.connection import Database, Document
from zaqar.storage.mongodb.server.failure import is_failed_look_up

_FILES = (
    "A file of certificates, or of a certificate and the key that belongs to it, that is given for the mongodb store at"
)


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


def address_of(options: Options) -> Address:
    """Return the address that the options mean. Raises ``ConfigurationError``."""
    tls = Tls(options.ssl_keyfile, options.ssl_certfile, options.ssl_cert_reqs, options.ssl_ca_certs)
    return parse(options.uri, tls=tls, is_unreliable=options.unreliable, retry_deadline=options.retry_deadline)


def open_database(options: Options, indexes: Sequence[Index]) -> Database:
    """Return the database, which is first contacted when it is first used. Raises ``ConfigurationError``."""
    address = address_of(options)
    return Database(
        lambda: connect(address),
        check_name(options.database),
        indexes=indexes,
        deadline=options.retry_deadline,
        attempts=options.max_reconnect_attempts,
        first_pause=options.reconnect_sleep,
    )


def connect(address: Address, **keywords: object) -> MongoClient[Document]:
    """Return a client.

    Raises ``ConfigurationError``, and what PyMongo raises where DNS does not tell the hosts: that may pass.
    """
    wanted = {"appname": "zaqar", "driver": DriverInfo("zaqar")} | dict(address.keywords) | keywords
    try:
        return MongoClient(address.uri, **wanted)
    except OSError:
        raise ConfigurationError(f"{_FILES} {address.place} cannot be used.") from None
    except (PyMongoConfigurationError, InvalidURI, ValueError, TypeError) as error:
        if isinstance(error, PyMongoConfigurationError) and is_failed_look_up(error):
            raise
        # Not chained: the error may quote a piece of a password.
        what = _FILES if "private key" in str(error).lower() else "The options of the mongodb store at"
        raise ConfigurationError(f"{what} {address.place} cannot be used.") from None
