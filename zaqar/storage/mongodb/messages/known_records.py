"""The record of a queue: one document, ``_id`` being the scope.

next          the position that the next message gets; never goes back, not even when the queue is deleted
born, floor   the first position of this life of the queue; the first that no purge has removed, also of earlier lives
reservations  posts under way: token, by, count, after (no position of it is before this), deadline
struck        those whose deadline passed and that are being removed
due           no later than the second at which something falls due, nor than SETTLE_INTERVAL behind the latest use;
              absent in a queue long unused in which nothing ever will
total, claimed, counted, recounted   counters of what is above the floor; what they were at the last count, and when
deleted       second, in the remains of a deleted queue: they hold ``next`` until the time has passed it
litter        messages before this position, which is not above the floor, are still to be removed
dead_letters  what is claimed too often is still to be moved: to which queue, from what count on, with what ttl
"""

import dataclasses
from collections.abc import Iterable
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.ids import Id, position_at
from zaqar.storage.mongodb.messages.counters import Change, Counters
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.server.connection import Database, Document

SETTLE_INTERVAL = 30
"""Seconds after which a queue in use is settled anyway: what a race hid from one settling is found by the next."""

ROOM = 10_000
"""Positions that a purge passes over, and that others may take between its two commands: a hundredth of a second."""

_REMEMBERED = 10_000


class Horizons:
    """What this process knows of queues that can only grow: next position, floor, and that all before a bound is settled."""

    def __init__(self) -> None:
        self.next: dict[str, int] = {}
        self.floor: dict[str, int] = {}
        self.bound: dict[str, int] = {}

    def see(self, record: "Record") -> None:
        """Learn from a record."""
        self.see_next(record)
        _raise(self.floor, record.scope, record.floor)
        _raise(self.bound, record.scope, record.bound)

    def see_next(self, record: "Record") -> None:
        """Learn from the record what was reserved."""
        _raise(self.next, record.scope, record.next)


@dataclasses.dataclass(frozen=True)
class Record:
    """A record as it was read."""

    scope: str
    document: Document

    @property
    def next(self) -> int:
        """Return the position that the next message gets."""
        return int(self.document["next"])

    @property
    def floor(self) -> int:
        """Return the first position that was not purged."""
        return int(self.document["floor"])

    @property
    def born(self) -> int:
        """Return the first position of this life of the queue."""
        return int(self.document["born"])

    @property
    def litter(self) -> int | None:
        """Return the position before which messages are still to be removed; None where that is done."""
        return self.document.get("litter")

    @property
    def due(self) -> int | None:
        """Return when to settle at the latest; None when never."""
        return self.document.get("due")

    @property
    def is_deleted(self) -> bool:
        """Tell whether these are the remains of a deleted queue."""
        return "deleted" in self.document

    @property
    def open(self) -> list[Document]:
        """Return the posts that are neither published nor removed."""
        return [*self.document["reservations"], *self.document["struck"]]

    @property
    def bound(self) -> int:
        """Return the position before which every post is published or removed."""
        return min((int(post["after"]) for post in self.open), default=self.next)


class Records:
    """The records of a message store."""

    def __init__(self, database: Database, clock: Clock, counters: Counters) -> None:
        self._database = database
        self._clock = clock
        self._counters = counters
        self.horizons = Horizons()

    def create(self, queue: QueueKey) -> None:
        """Make a record, unless there is one: positions start at the time, behind all that were given before."""
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
        """Return a record that is one of a living queue. Raises ``QueueNotFound``."""
        if record is None or record.is_deleted:
            raise QueueNotFound(queue)
        self.horizons.see(record)
        return record

    def floors(self, scopes: Iterable[str]) -> dict[str, int]:
        """Return the floors of those of the queues that there are."""
        wanted = {"_id": {"$in": sorted(scopes)}, "deleted": None}
        found = self._database.run(lambda: list(self._database.records.find(wanted, {"floor": 1})))
        return {each["_id"]: int(each["floor"]) for each in found}

    def standing(self, scope: str, names: Iterable[Id]) -> list[Id]:
        """Return which messages were not purged as far as this process knows: those on which a command is worth while."""
        floor = self.horizons.floor.get(scope, 0)
        return [name for name in names if name.position >= floor]

    def bound(self, record: Record) -> int:
        """Return the position before which everything is settled: as far as this process knows, or further."""
        return max(self.horizons.bound.get(record.scope, 0), record.bound)

    def update(self, scope: str, condition: Document, change: Document) -> Record | None:
        """Change the record of a living queue if it meets the condition; return it as it is then."""
        return self._change(scope, condition, change, ReturnDocument.AFTER)

    def changed(self, scope: str, condition: Document, change: Document) -> Record | None:
        """Change the record likewise; return it as it was."""
        return self._change(scope, condition, change, ReturnDocument.BEFORE)

    def empty(self, found: Record, also: Document) -> Record | None:
        """Raise the floor of a living queue above all that was reserved, and take the counters to nothing: one step.

        None where that was not done, since the queue is gone, or others have reserved more than ``ROOM`` since it was read.
        """
        floor = found.next + ROOM
        emptied = {"total": 0, "claimed": 0} | also
        change = {"$max": {"next": floor, "floor": floor, "litter": floor}, "$set": emptied}
        return self.update(found.scope, {"next": {"$lte": floor}}, change)

    def hurry(self, scope: str, due: int) -> Record | None:
        """Let a queue be settled at ``due`` already; return its record."""
        return self.update(scope, {}, {"$min": {"due": due}, "$inc": {"hurried": 1}})

    def write_counters(self, scope: str) -> Record | None:
        """Write what this process changed; return the record, or None if it was not touched."""
        with self._counters.written(scope) as change:
            return None if change is None else self._write_change(scope, change)

    def _write_change(self, scope: str, change: Change) -> Record | None:
        """Write what concerns messages above the floor, whatever purges come in between."""
        is_doubted = False
        while change.notes or change.is_doubtful:
            if change.is_doubtful and not is_doubted:
                is_doubted = True
                self.update(scope, {}, {"$unset": {"counted": ""}})
            if not change.notes:
                return None
            figures = {"total": change.total, "claimed": change.claimed}
            written = self.update(scope, {"floor": {"$lte": change.first}}, {"$inc": figures})
            if written is not None:
                return written
            record = self.find(scope)
            if record is None or record.is_deleted:
                return None
            self.horizons.see(record)
            change = change.since(record.floor)
        return None

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
        """Make a queue of the remains of one; what is left of the messages of that one stays to be removed."""
        start = max(remains.next, position_at(self._clock.microseconds()))
        condition = {"_id": remains.scope, "deleted": {"$ne": None}, "next": remains.next}
        absent = {"deleted": "", "counted": "", "recounted": "", "dead_letters": ""}
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
