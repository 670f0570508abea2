"""What is worth knowing of a MongoDB before the service starts on it."""

from collections.abc import Iterator
from typing import Unpack

from pymongo.database import Database
from pymongo.errors import ConfigurationError as PyMongoConfigurationError
from pymongo.errors import OperationFailure, PyMongoError

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.address import Address, check_name
from zaqar.storage.mongodb.connection import Document
from zaqar.storage.mongodb.failure import COMMAND_NOT_FOUND
from zaqar.storage.mongodb.opening import Options, address_of, connect, patience_of

LONGEST_QUESTION = 5.0
"""Seconds that the start waits for an answer, at most."""

OLDEST = (4, 4)


def warnings(uri: str | None, **options: Unpack[Options]) -> list[str]:
    """Return what an operator should know, a line each; a server that does not answer is among it.

    Raises ``ConfigurationError`` for what will not get better: a wrong password, a server that is too old.
    """
    address = address_of(uri, options)
    check_name(options.get("database", "zaqar"))
    milliseconds = int(min(max(patience_of(options), 0.1), LONGEST_QUESTION) * 1000)
    client = connect(address, serverSelectionTimeoutMS=milliseconds)
    try:
        hello = _hello(client.admin)
        _check_version(address, client.admin.command("buildInfo"))
        return list(_about(address, hello))
    except (OperationFailure, PyMongoConfigurationError) as error:
        raise ConfigurationError(f"MongoDB at {address.place} cannot be used: {_one_line(error)}") from error
    except PyMongoError as error:
        silence = (
            f"MongoDB at {address.place} does not answer; the service starts anyway, and answers 503 until it does"
        )
        return [f"{silence}: {_one_line(error)}"]
    finally:
        client.close()


def _hello(admin: Database[Document]) -> Document:
    try:
        return admin.command("hello")
    except OperationFailure as error:
        if error.code != COMMAND_NOT_FOUND:
            raise
        return admin.command("isMaster")  # before 4.4.2


def _check_version(address: Address, built: Document) -> None:
    parts = str(built.get("version", "")).split(".")[:2]
    if all(part.isdigit() for part in parts) and len(parts) == 2 and (int(parts[0]), int(parts[1])) < OLDEST:
        raise ConfigurationError(
            f"MongoDB at {address.place} is {built['version']}: the service needs {OLDEST[0]}.{OLDEST[1]} or newer."
        )


def _about(address: Address, hello: Document) -> Iterator[str]:
    """Tell set-ups in which the loss of one server loses what was acknowledged."""
    is_router = hello.get("msg") == "isdbgrid"
    members = [*hello.get("hosts", ()), *hello.get("passives", ())]
    if not is_router and "setName" not in hello:
        yield (
            f"MongoDB at {address.place} is a single server: what was acknowledged is lost with it. Good for a trial; in "
            "production use a replica set of three."
        )
    elif not is_router and len(members) < 2:
        yield (
            f"MongoDB at {address.place} is a replica set of one: what was acknowledged is lost with that server. Add "
            "two members."
        )
    if address.options.get("w", "majority") in {0, 1}:
        yield (
            f"MongoDB at {address.place} acknowledges with w={address.options['w']}: acknowledged messages may be lost "
            "when the primary changes."
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."
