"""The queues' records, as this process reads and changes them, and what it remembers of them.

It remembers numbers that never go back, so what it remembers of a queue may be out of date, but is never too high.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.ids import Id, position_at
from zaqar.storage.mongodb.messages.record import ROOM, Record
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.server.connection import Database, Document

_OF_ONE_LIFE = ("deleted", "counted", "recounted", "dead_letters", "discarded", "discards", "redrive")
"""Fields that a queue has not when it is made again."""

_REMEMBERED = 10_000
"""Queues of which something is remembered, at most: beyond, all is forgotten."""


class Horizons:
    """What this process has seen of queues, by scope: the highest next position, the highest floor and the highest bound."""

    def __init__(self) -> None:
        self.next: dict[str, int] = {}
        self.floor: dict[str, int] = {}
        self.bound: dict[str, int] = {}

    def see(self, record: Record) -> None:
        """Learn from a record."""
        self.see_next(record)
        _raise(self.floor, record.scope, record.floor)
        _raise(self.bound, record.scope, record.bound)

    def see_next(self, record: Record) -> None:
        """Learn from the record what was reserved."""
        _raise(self.next, record.scope, record.next)


class KnownRecords:
    """Reads and changes the records of one store, each with one command, and remembers the horizons of their queues."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self.horizons = Horizons()

    def create(self, queue: QueueKey) -> None:
        """Make a record, unless there is one. Its positions start at the store's time, and behind all that were given before."""
        scope = scope_of(queue)
        while not self._insert(scope):
            found = self.find(scope)
            if found is not None and (not found.is_deleted or self._revive(found)):
                return

    def find(self, scope: str) -> Record | None:
        """Return a record or its remains, without learning from it."""
        document = self._database.run(lambda: self._database.records.find_one({"_id": scope}))
        return None if document is None else Record(scope, document)

    def read(self, queue: QueueKey) -> Record:
        """Return the record of a living queue. Raises ``QueueNotFound``."""
        return self.known(queue, self.find(scope_of(queue)))

    def known(self, queue: QueueKey, record: Record | None) -> Record:
        """Learn from a record, and return it. Raises ``QueueNotFound`` where it is missing or of a deleted queue."""
        if record is None or record.is_deleted:
            raise QueueNotFound(queue)
        self.horizons.see(record)
        return record

    def floors(self, scopes: Iterable[str]) -> dict[str, int]:
        """Return the floor of each of these queues that exists."""
        wanted = {"_id": {"$in": sorted(scopes)}, "deleted": None}
        found = self._database.run(lambda: list(self._database.records.find(wanted, {"floor": 1})))
        return {each["_id"]: int(each["floor"]) for each in found}

    def standing(self, scope: str, names: Iterable[Id]) -> list[Id]:
        """Return which of these messages are not known to be purged: for the others no command is needed."""
        floor = self.horizons.floor.get(scope, 0)
        return [name for name in names if name.position >= floor]

    def bound(self, record: Record) -> int:
        """Return the bound of a record, or one that this process has seen if that is higher.

        A reservation says only that its positions are not before ``after``, so a bound that was seen earlier may be the
        better one; and a bound that was true once stays true.
        """
        return max(self.horizons.bound.get(record.scope, 0), record.bound)

    def update(self, scope: str, condition: Document, change: Document) -> Record | None:
        """Change the record of a living queue if it meets the condition; return it as it is then."""
        return self._change(scope, condition, change, ReturnDocument.AFTER)

    def update_returning_old(self, scope: str, condition: Document, change: Document) -> Record | None:
        """Change the record likewise; return it as it was."""
        return self._change(scope, condition, change, ReturnDocument.BEFORE)

    def empty(
        self, found: Record, also: Document, *, without: Sequence[str] = (), condition: Document | None = None
    ) -> Record | None:
        """Raise the floor of a living queue above all that was reserved, and set the counters to 0, in one step.

        Returns the record as it is then; None where nothing was done, since the queue is gone, or others have reserved more
        than ``ROOM`` positions since it was read, or it does not meet the condition. ``also``: fields to set beside;
        ``without``: fields to take away.
        """
        floor = found.next + ROOM
        emptied = {"total": 0, "claimed": 0} | also
        change: Document = {"$max": {"next": floor, "floor": floor, "litter": floor}, "$set": emptied}
        if without:
            change["$unset"] = dict.fromkeys(without, "")
        return self.update(found.scope, {"next": {"$lte": floor}} | (condition or {}), change)

    def hurry(self, scope: str, due: int) -> Record | None:
        """Let a queue be settled at the second ``due`` or before; return its record, None where the queue is gone."""
        return self.update(scope, {}, {"$min": {"due": due}, "$inc": {"hurried": 1}})

    def _change(self, scope: str, condition: Document, change: Document, shown: bool) -> Record | None:
        wanted = {"_id": scope, "deleted": None} | condition
        document = self._database.run(
            lambda: self._database.records.find_one_and_update(wanted, change, return_document=shown)
        )
        return None if document is None else Record(scope, document)

    def _insert(self, scope: str) -> bool:
        start = position_at(self._clock.microseconds())
        try:
            self._database.run(lambda: self._database.records.insert_one({"_id": scope} | _fresh(start)))
        except DuplicateKeyError:
            return False
        return True

    def _revive(self, remains: Record) -> bool:
        """Make a living queue of the remains of a deleted one; messages that are left of that one are still litter."""
        start = max(remains.next, position_at(self._clock.microseconds()))
        condition = {"_id": remains.scope, "deleted": {"$ne": None}, "next": remains.next}
        absent = dict.fromkeys(_OF_ONE_LIFE, "")
        change: dict[str, Any] = {"$set": _fresh(start) | {"litter": start}, "$unset": absent}
        done = self._database.run(lambda: self._database.records.update_one(condition, change))
        return done.matched_count == 1


def _raise(known: dict[str, int], scope: str, value: int) -> None:
    if len(known) > _REMEMBERED:
        known.clear()
    known[scope] = max(known.get(scope, 0), value)


def _fresh(start: int) -> Document:
    figures = {"total": 0, "claimed": 0, "hurried": 0}
    return {"next": start, "born": start, "floor": start, "reservations": [], "struck": [], **figures}
