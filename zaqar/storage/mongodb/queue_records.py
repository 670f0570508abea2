"""What happens to the record of a queue and to all that is in the queue at once: deletion, purge, statistics.

Uses the indexes of ``_id`` (keys of a queue are in the order of positions) and ``reading``.
"""

from zaqar.clock import Clock, age
from zaqar.errors import QueueNotFound
from zaqar.models import MessageMark, QueueKey, Stats
from zaqar.storage.mongodb.candidates import Candidates
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.counters import Counters
from zaqar.storage.mongodb.messages import COUNTED_AS_CLAIMED, STATES
from zaqar.storage.mongodb.records import Record, Records
from zaqar.storage.mongodb.removal import remove_below
from zaqar.storage.mongodb.scope import id_of, scope_of


class QueueRecords:
    """Ends and tells of whole queues."""

    def __init__(
        self, database: Database, clock: Clock, records: Records, candidates: Candidates, counters: Counters
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._candidates = candidates
        self._counters = counters

    def delete(self, queue: QueueKey) -> None:
        """Turn the record into remains, which decides; then remove the messages, and the remains when time is past them.

        Whoever is interrupted leaves remains with litter, for the next deletion or the sweep.
        """
        scope, now = scope_of(queue), self._clock.now()
        found = self._records.find(scope)
        if found is not None and not found.is_deleted:
            gone = {"deleted": now, "reservations": [], "struck": [], "due": now}
            # Whatever was reserved until then is below ``next``, which the remains keep.
            self._records.update(scope, {}, {"$set": gone})
            self._counters.forget(scope)
            found = self._records.find(scope)
        if found is not None and found.is_deleted:
            self.clear_remains(found)

    def clear_remains(self, remains: Record) -> None:
        """Remove what is left of a deleted queue."""
        remove_below(self._database, self._counters, remains.scope, remains.next, is_counted=False)
        wanted = {"_id": remains.scope, "deleted": {"$ne": None}, "next": remains.next}
        due = remains.next // 1_000_000 + 1
        if due <= self._clock.now():
            self._database.run(lambda: self._database.records.delete_one(wanted))
        else:
            self._database.run(lambda: self._database.records.update_one(wanted, {"$set": {"due": due}}))

    def purge(self, queue: QueueKey) -> None:
        """Raise the floor, which decides; then remove what is below."""
        try:
            found = self._records.read(queue)
        except QueueNotFound:
            return
        change = {"$max": {"floor": found.next, "litter": found.next}, "$min": {"due": self._clock.now()}}
        purged = self._records.update(found.scope, {}, change)
        if purged is not None:
            self.clear_litter(purged)

    def clear_litter(self, record: Record) -> None:
        """Remove what was purged."""
        litter = int(record.document["litter"])
        remove_below(self._database, self._counters, record.scope, litter, is_counted=True)
        self._records.update(record.scope, {"litter": litter}, {"$unset": {"litter": ""}})

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters, with what this process has not written of them, and both ends: one command."""
        view, unwritten = self._counters.with_unwritten(scope_of(queue), lambda: self._candidates.ends(queue))
        if len(view.found) < 2:
            return Stats()
        now = self._clock.now()
        oldest, newest = (_mark(each, now) for each in view.found)
        figures = view.record.document
        # What was counted in an earlier life of the queue is not in the counters of this one.
        is_of_this_life = figures["born"] <= unwritten.least
        total = int(figures["total"]) + (unwritten.total if is_of_this_life else 0)
        claimed = int(figures["claimed"]) + (unwritten.claimed if is_of_this_life else 0)
        total = max(total, 1 if oldest.id == newest.id else 2)
        claimed = min(max(claimed, 0), total)
        return Stats(claimed, total - claimed, oldest, newest)

    def recount(self, record: Record, now: int) -> None:
        """Count the messages, and correct the counters unless something changes meanwhile."""
        total = self._count(record, sorted(STATES))
        claimed = self._count(record, sorted(COUNTED_AS_CLAIMED))
        seen = {name: record.document[name] for name in ("next", "total", "claimed")}
        counted = {"total": total, "claimed": claimed}
        change = {"$set": counted | {"counted": [record.next, total, claimed], "recounted": now}}
        if self._records.update(record.scope, seen | {"reservations": [], "struck": []}, change) is None:
            # Somebody posted or consumed meanwhile. To try again at once would keep the server counting.
            self._records.update(record.scope, {}, {"$set": {"recounted": now}})

    def _count(self, record: Record, states: list[str]) -> int:
        wanted = {"queue": record.scope, "state": {"$in": states}, "position": {"$gte": record.floor}}
        return self._database.run(lambda: self._database.messages.count_documents(wanted))


def _mark(document: Document, now: int) -> MessageMark:
    created = int(document["created"])
    return MessageMark(id_of(document["_id"]), age(now, created), created)
