"""Commands that fail as they do while a primary steps down: not done, done, or done in part, and then an error.

The emulator has no replica sets, so the errors are PyMongo's own, put between the driver and its commands.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from unittest import mock

from pymongo import UpdateMany
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect, BulkWriteError, NotPrimaryError

from zaqar.storage.mongodb.server.connection import Database

Command = Callable[[], object]


def refused(command: Command) -> object:
    raise NotPrimaryError("not primary", {"ok": 0, "code": 10107})


def answer_lost(command: Command) -> object:
    command()
    raise AutoReconnect("connection closed")


def killed_when_done(command: Command) -> object:
    command()
    raise NotPrimaryError("operation was interrupted", {"ok": 0, "code": 11602})


def not_at_the_majority(command: Command) -> object:
    with contextlib.suppress(BulkWriteError):
        command()
    raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "timed out"}]})


def half_done(command: Command) -> object:
    """Let the command reach the first of the documents only, where it is about several."""
    halves = {
        "insert_many": lambda whole: lambda self, documents, **words: whole(self, documents[:1], **words),
        "update_many": lambda whole: lambda self, wanted, change: whole(self, _first(self, wanted), change),
        "delete_many": lambda whole: lambda self, wanted, **words: whole(self, _first(self, wanted), **words),
        "bulk_write": lambda whole: (
            lambda self, changes, **words: whole(
                self, [UpdateMany(_first(self, changes[0]._filter), changes[0]._doc)], **words
            )
        ),
    }
    with contextlib.ExitStack() as patched, contextlib.suppress(BulkWriteError):
        for name, half in halves.items():
            patched.enter_context(mock.patch.object(Collection, name, half(getattr(Collection, name))))
        command()
    raise NotPrimaryError("operation was interrupted", {"ok": 0, "code": 11602})


def _first(collection: Collection, wanted):
    found = collection.find_one(wanted, {"_id": 1})
    return {"_id": None if found is None else found["_id"]}


FAULTS = [refused, answer_lost, killed_when_done, not_at_the_majority, half_done]


class Interrupted(Database):
    """Lets chosen commands of the thread that made it fail."""

    sent = 0
    _owner = None
    _fault: Callable[[Command], object] | None = None
    _failing = range(0)

    @contextlib.contextmanager
    def watched(self, fault=None, *, failing: range = range(0)) -> Iterator[None]:
        """Count commands, repetitions too, from 0 on; those whose number is in ``failing`` fail."""
        self.sent, self._owner, self._fault, self._failing = 0, threading.get_ident(), fault, failing
        try:
            yield
        finally:
            self._owner = None

    def run(self, command, **keywords):
        return super().run(lambda: self._send(command), **keywords)

    def _send(self, command):
        if threading.get_ident() != self._owner:
            return command()
        number, self.sent = self.sent, self.sent + 1
        if self._fault is not None and number in self._failing:
            return self._fault(command)
        return command()
