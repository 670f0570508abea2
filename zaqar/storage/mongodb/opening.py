"""From options to the database behind them."""

from collections.abc import Sequence
from typing import TypedDict

from pymongo import MongoClient
from pymongo.driver_info import DriverInfo
from pymongo.errors import ConfigurationError as PyMongoConfigurationError
from pymongo.errors import InvalidURI

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.address import Address, Tls, check_name, parse
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.failure import is_failed_look_up
from zaqar.storage.mongodb.schema import Index

RETRY_DEADLINE = 10.0

_FILES = (
    "A file of certificates, or of a certificate and the key that belongs to it, that is given for the mongodb store at"
)


class Options(TypedDict, total=False):
    """The options of a store beside its uri, named as in the configuration; ``unreliable`` is that of ``[DEFAULT]``."""

    database: str
    unreliable: bool
    ssl_keyfile: str | None
    ssl_certfile: str | None
    ssl_cert_reqs: str
    ssl_ca_certs: str | None
    retry_deadline: float
    max_reconnect_attempts: int
    reconnect_sleep: float


def address_of(uri: str | None, options: Options) -> Address:
    """Return the address that the options mean. Raises ``ConfigurationError``."""
    tls = Tls(
        options.get("ssl_keyfile"),
        options.get("ssl_certfile"),
        options.get("ssl_cert_reqs", "CERT_REQUIRED"),
        options.get("ssl_ca_certs"),
    )
    return parse(uri, tls=tls, is_unreliable=options.get("unreliable", False), retry_deadline=patience_of(options))


def patience_of(options: Options) -> float:
    """Return for how many seconds a command is tried again."""
    return options.get("retry_deadline", RETRY_DEADLINE)


def open_database(uri: str | None, indexes: Sequence[Index], options: Options) -> Database:
    """Return the database, which is first contacted when it is first used. Raises ``ConfigurationError``."""
    address = address_of(uri, options)
    return Database(
        lambda: connect(address),
        check_name(options.get("database", "zaqar")),
        indexes=indexes,
        deadline=patience_of(options),
        attempts=options.get("max_reconnect_attempts", 10),
        first_pause=options.get("reconnect_sleep", 0.02),
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
