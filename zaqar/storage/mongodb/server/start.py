"""What is worth knowing of a MongoDB before the service starts on it."""

import re
import sys
from collections.abc import Iterator

from pymongo.database import Database
from pymongo.errors import ConfigurationError as PyMongoConfigurationError
from pymongo.errors import OperationFailure, PyMongoError

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.schema import QUEUES
from zaqar.storage.mongodb.server.address import Address
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.mongodb.server.failure import COMMAND_NOT_FOUND, is_failed_look_up
from zaqar.storage.mongodb.server.opening import connect
from zaqar.storage.mongodb.server.write_concern import doubts

LONGEST_QUESTION = 5.0
"""Seconds that the start waits for an answer, at most."""

FOREIGN = ("messages", QUEUES, "topics", "claims", "subscriptions", "pools", "flavors", "catalogue")
"""Collections of another implementation, some with the names of ours."""

FOREIGN_FIELD = "p_q"
"""What its messages and queues have, and ours have not."""

OLDEST = (4, 4)

OLDEST_SHARDED = (5, 1)
"""Since then ``$lookup`` finds in a sharded collection."""


def warnings(address: Address, database: str, *, patience: float) -> list[str]:
    """Return what an operator should know, a line each; a server that does not answer is among it.

    ``patience``: seconds to wait for an answer, of which no more than ``LONGEST_QUESTION`` are waited.

    Raises ``ConfigurationError`` for what will not get better: a wrong password, a server that is too old, a write
    concern that it never gives.
    """
    milliseconds = int(min(max(patience, 0.1), LONGEST_QUESTION) * 1000)
    client = None
    try:
        client = connect(address, serverSelectionTimeoutMS=milliseconds)
        hello = _hello(client.admin)
        version = _version(client.admin.command("buildInfo"))
        if version < OLDEST:
            raise ConfigurationError(
                f"MongoDB at {address.place} is {_dotted(version)}: the service needs {_dotted(OLDEST)} or newer."
            )
        return [
            *_about(address, hello, version),
            *doubts(address.options, address.place, hello, client.admin),
            *_about_foreign_data(address, client[database]),
        ]
    except PyMongoError as error:
        is_wrong = isinstance(error, (OperationFailure, PyMongoConfigurationError)) and not is_failed_look_up(error)
        if is_wrong:
            raise ConfigurationError(f"MongoDB at {address.place} cannot be used: {_one_line(error)}") from error
        silence = (
            f"MongoDB at {address.place} does not answer; the service starts anyway, and answers 503 until it does"
        )
        return [f"{silence}: {cause(error)}"]
    finally:
        if client is not None:
            client.close()


def _hello(admin: Database[Document]) -> Document:
    try:
        return admin.command("hello")
    except OperationFailure as error:
        if error.code != COMMAND_NOT_FOUND:
            raise
        return admin.command("isMaster")  # before 4.4.2


def _version(built: Document) -> tuple[int, int]:
    """Return the first two numbers of the version; of one that has none, more than any."""
    parts = str(built.get("version", "")).split(".")[:2]
    known = len(parts) == 2 and all(part.isdigit() for part in parts)
    return (int(parts[0]), int(parts[1])) if known else (sys.maxsize, 0)


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def _about(address: Address, hello: Document, version: tuple[int, int]) -> Iterator[str]:
    """Tell set-ups in which the loss of one server loses what was acknowledged, or in which something will not work."""
    is_router = hello.get("msg") == "isdbgrid"
    members = [*hello.get("hosts", ()), *hello.get("passives", ())]
    if is_router and version < OLDEST_SHARDED:
        yield (
            f"MongoDB at {address.place} is a sharded cluster of {_dotted(version)}: if the messages are sharded, the "
            f"service needs {_dotted(OLDEST_SHARDED)} or newer."
        )
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


def _about_foreign_data(address: Address, database: Database[Document]) -> Iterator[str]:
    """Tell of collections that begin with documents of another implementation. Raises ``ConfigurationError``.

    Its queues have no field of ours, so that the index which keeps our names apart could not be made beside them.
    """
    found = [name for name in FOREIGN if FOREIGN_FIELD in (database[name].find_one() or {})]
    place = (
        f"MongoDB at {address.place} has, in the database {database.name}, the data of another implementation of Zaqar"
    )
    named = f"(collection {', '.join(found)})"
    if QUEUES in found:
        raise ConfigurationError(
            f"{place}, beside which this one cannot keep its queues {named}: name another [drivers:...:mongodb] database."
        )
    if found:
        yield f"{place}, which this one neither reads nor removes {named}."


def cause(error: PyMongoError) -> str:
    """Return why nobody answered, without what PyMongo adds of its time-outs and of what it knows of the servers."""
    text = re.sub(r" \(configured timeouts: [^)]*\)", "", _one_line(error))
    return text.partition(", Timeout: ")[0].rstrip(".") + "."


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") + "."
