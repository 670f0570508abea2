"""What happens to the record of a queue and to all that is in the queue at once: deletion, purge, statistics.

A purge and a deletion take one step, after which nothing that was there is seen. Then they remove one batch; the rest is
litter, which the sweep removes. Uses the indexes of ``_id`` and ``reading``.
"""

from zaqar.clock import Clock, age
from zaqar.models import MessageMark, QueueKey, Stats
from zaqar.storage import contract
from zaqar.storage.mongodb.messages.candidates import Candidates
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.encoding import COUNTED_AS_CLAIMED, STATES
from zaqar.storage.mongodb.messages.known_records import ROOM, Record, Records
from zaqar.storage.mongodb.messages.litter import Litter
from zaqar.storage.mongodb.messages.scope import id_of, scope_of
from zaqar.storage.mongodb.server.connection import Database, Document


class QueueRecords(contract.Records):
    """Makes, ends and tells of whole queues."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        records: Records,
        candidates: Candidates,
        counters: Counters,
        litter: Litter,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._candidates = candidates
        self._counters = counters
        self._litter = litter

    def create(self, queue: QueueKey) -> None:
        """Make the record."""
        self._records.create(queue)

    def delete(self, queue: QueueKey) -> None:
        """Turn the record into remains, which keep positions from being given again until the time is past them.

        Whatever was reserved until then is below the floor: it is published no more.
        """
        while (found := self._records.find(scope_of(queue))) is not None:
            past = (found.next + ROOM) // 1_000_000 + 1
            gone = {"deleted": self._clock.now(), "reservations": [], "struck": [], "due": past}
            remains = found if found.is_deleted else self._records.empty(found, gone)
            if remains is not None:
                self._clear(remains)
                return

    def purge(self, queue: QueueKey) -> None:
        """Raise the floor."""
        while (found := self._records.find(scope_of(queue))) is not None and not found.is_deleted:
            purged = self._records.empty(found, {})
            if purged is not None:
                self._clear(purged)
                return

    def _clear(self, record: Record) -> None:
        """Remove what is not more than a batch at once."""
        if record.litter is not None:
            self._litter.clear(record)

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters, with what this process has not written of them, and both ends: one command."""
        view, unwritten = self._counters.with_unwritten(scope_of(queue), lambda: self._candidates.ends(queue))
        if len(view.found) < 2:
            return Stats()
        now = self._clock.now()
        oldest, newest = (_mark(each, now) for each in view.found)
        figures, to_come = view.record.document, unwritten.since(view.record.floor)
        total = int(figures["total"]) + to_come.total
        claimed = int(figures["claimed"]) + to_come.claimed
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
