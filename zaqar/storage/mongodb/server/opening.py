"""From an address to the database behind it."""

from collections.abc import Sequence

from pymongo import MongoClient
from pymongo.driver_info import DriverInfo
from pymongo.errors import ConfigurationError as PyMongoConfigurationError
from pymongo.errors import InvalidURI

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.schema import Index
from zaqar.storage.mongodb.server.address import Address, check_name
from zaqar.storage.mongodb.server.connection import Database, Document
from zaqar.storage.mongodb.server.failure import is_failed_look_up

_FILES = (
    "A file of certificates, or of a certificate and the key that belongs to it, that is given for the mongodb store at"
)


def open_database(
    address: Address, name: str, *, indexes: Sequence[Index], deadline: float, attempts: int, first_pause: float
) -> Database:
    """Return the database, which is first contacted when it is first used; the rest as ``Database`` has it.

    Raises ``ConfigurationError`` for a name that cannot be.
    """
    return Database(
        lambda: connect(address),
        check_name(name),
        indexes=indexes,
        deadline=deadline,
        attempts=attempts,
        first_pause=first_pause,
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
