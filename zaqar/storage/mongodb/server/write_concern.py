"""What an acknowledgement is worth: ``w`` and ``journal`` of the connection string, and whether a server can give it."""

from collections.abc import Iterator, Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from zaqar.errors import ConfigurationError
from zaqar.storage.mongodb.server.connection import Document

DEFAULT = "majority"


def keywords(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what PyMongo is to be told beside the options of the uri."""
    wanted: dict[str, Any] = {} if "w" in options else {"w": DEFAULT}
    if "journal" not in options and "j" not in options:
        wanted["journal"] = True
    return wanted


def check(options: Mapping[str, Any], *, is_unreliable: bool) -> None:
    """Refuse to acknowledge what one node's loss would undo; a name stands for tags that the operator chose."""
    w = _w(options)
    if w == 0:
        raise ConfigurationError(
            "The uri of the mongodb store says w=0: MongoDB would not answer, and the service cannot work without its "
            "answers. Leave it out, or say w=majority."
        )
    if is_unreliable:
        return
    if w == 1:
        raise ConfigurationError(
            "The uri of the mongodb store says w=1: what was acknowledged could be lost with one server. Leave it "
            "out, or say w=majority; [DEFAULT] unreliable = true lets it be."
        )
    if not _is_journal_awaited(options):
        raise ConfigurationError(
            "The uri of the mongodb store says that the journal is not waited for: what was acknowledged could be lost "
            "with the power. Leave it out; [DEFAULT] unreliable = true lets it be."
        )


def doubts(options: Mapping[str, Any], place: str, hello: Document, admin: Database[Document]) -> Iterator[str]:
    """Tell what is weak in a write concern. Raises ``ConfigurationError`` for one that this server can never give."""
    w = _w(options)
    if w == 1:
        yield f"MongoDB at {place} acknowledges with w=1: acknowledged messages may be lost when the primary changes."
    elif w != DEFAULT and hello.get("msg") != "isdbgrid":  # behind a router, no shard can be asked
        yield from _doubts_of_members(w, place, hello, admin)
    if not _is_journal_awaited(options):
        yield (
            f"MongoDB at {place} acknowledges before its journal is written: acknowledged messages may be lost with the "
            "power."
        )


def _doubts_of_members(w: int | str, place: str, hello: Document, admin: Database[Document]) -> Iterator[str]:
    if "setName" not in hello:
        raise ConfigurationError(
            f"The uri of the mongodb store says w={w}, and MongoDB at {place} is a single server, which takes no such "
            "write concern. Leave it out."
        )
    config = _configuration(admin)
    if isinstance(w, str):
        if config and w not in config.get("settings", {}).get("getLastErrorModes", {}):
            raise ConfigurationError(
                f"The uri of the mongodb store says w={w}, and the replica set at {place} has no write concern of that "
                "name in settings.getLastErrorModes."
            )
        return
    if config:
        members = sum(not member.get("arbiterOnly") for member in config.get("members", ()))
        if w > members:
            raise ConfigurationError(
                f"The uri of the mongodb store says w={w}, and the replica set at {place} has {members} members with "
                "data: nothing would ever be acknowledged. Leave it out, or say w=majority."
            )
    elif w > (told := len([*hello.get("hosts", ()), *hello.get("passives", ())])):
        # No refusal: members that are hidden acknowledge too, and only the set's configuration names them.
        yield (
            f"MongoDB at {place} is to acknowledge with w={w}, and tells of {told} members with data: unless others "
            "are hidden, every post is answered with 503."
        )


def _configuration(admin: Database[Document]) -> Document | None:
    """Return the configuration of the replica set; nothing where the user may not read it, as most may not."""
    try:
        return dict(admin.command("replSetGetConfig")["config"])
    except (OperationFailure, KeyError):
        return None


def _w(options: Mapping[str, Any]) -> int | str:
    w: int | str = options.get("w", DEFAULT)
    return w


def _is_journal_awaited(options: Mapping[str, Any]) -> bool:
    return bool(options.get("journal", options.get("j", True)))
