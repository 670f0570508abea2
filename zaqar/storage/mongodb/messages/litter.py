"""Removes what purges and deletions have left behind: messages below the floor, which no operation sees.

The record says how far (``litter``); the index of that name finds such records. Whatever is interrupted is found by the
next sweep. Nothing here is counted: the step that raised the floor took all of it off the figures.
"""

import time
from collections import deque

from zaqar.clock import Clock
from zaqar.storage.mongodb.messages.known_records import Record
from zaqar.storage.mongodb.messages.removal import Removed, remove_batch
from zaqar.storage.mongodb.server.connection import Database

MOST_QUEUES = 10_000
"""Queues with litter that one sweep looks at, at most."""


class Litter:
    """Removes it, for one message store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def clear(self, record: Record, *, behind: str | None = None) -> Removed:
        """Remove one batch; with the last, take the note of it out of the record, or remove remains that are past."""
        removed = remove_batch(self._database, record.scope, below=record.litter or record.next, behind=behind)
        if removed.is_all:
            self._end(record)
        return removed

    def clear_all(self, *, seconds: float) -> int:
        """Remove batch after batch, of one queue after the other, for so many seconds; return how many messages went.

        A record in which nothing is left to be removed counts as one.
        """
        ends, gone = time.monotonic() + seconds, 0
        wanted = {"litter": {"$gt": 0}}
        found = self._database.run(
            lambda: list(self._database.records.find(wanted).sort("litter", 1).limit(MOST_QUEUES))
        )
        waiting: deque[tuple[Record, str | None]] = deque((Record(each["_id"], each), None) for each in found)
        while waiting:
            record, behind = waiting.popleft()
            removed = self.clear(record, behind=behind)
            gone += removed.count + removed.is_all
            if not removed.is_all:
                waiting.append((record, removed.last))
            if time.monotonic() > ends:
                break
        return gone

    def _end(self, record: Record) -> None:
        """Note that nothing is left, unless there was another purge or another life of the queue meanwhile."""
        wanted = {"_id": record.scope, "litter": record.litter}
        if record.is_deleted and record.due is not None and record.due <= self._clock.now():
            remains = wanted | {"deleted": {"$ne": None}, "next": record.next}
            self._database.run(lambda: self._database.records.delete_one(remains))
        elif record.litter is not None:
            self._database.run(lambda: self._database.records.update_one(wanted, {"$unset": {"litter": ""}}))
