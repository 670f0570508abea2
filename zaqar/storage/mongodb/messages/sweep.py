"""Reclaims what has expired, was purged or deleted, and settles queues that nobody uses.

Uses the indexes ``expiry``, ``sweeping`` and ``litter``. A queue in which nothing is due or left costs nothing, however
many there are: its record is in none of the ranges that are looked at.
"""

import math
from collections import defaultdict

from pymongo.errors import DuplicateKeyError

from zaqar.clock import Clock
from zaqar.storage.mongodb.messages.burying import Burying
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.due import Settling
from zaqar.storage.mongodb.messages.encoding import CLAIMED, COUNTED_AS_CLAIMED, DELAYED, DOOMED, POPPED, READY, ended
from zaqar.storage.mongodb.messages.known_records import Record, Records
from zaqar.storage.mongodb.messages.litter import Litter
from zaqar.storage.mongodb.messages.records import QueueRecords
from zaqar.storage.mongodb.messages.scope import place_of
from zaqar.storage.mongodb.messages.striking import Striking
from zaqar.storage.mongodb.server.connection import Database, Document

INTERVAL = 30
"""Seconds between two sweeps by the processes of all hosts together."""

BATCH = 1000

MOST_QUEUES = 10_000
"""Queues that one sweep settles; those due first come first."""

UNUSED_AFTER = 60
"""Seconds behind its due time after which a queue counts as unused: no operation on it can still be under way."""

LONGEST_BURIAL = 10.0
"""Seconds that one sweep goes on with the dead letters of one queue."""

LONGEST_SETTLING = 10.0
"""Seconds that one sweep goes on with what is due in one queue."""

LONGEST_CLEARING = 10.0
"""Seconds that one sweep goes on with what purges and deletions have left in all queues, a batch of each in turn."""

COUNTED_PER_SECOND = 1000
"""A queue of so many messages more is counted a second less often, beyond once a minute."""

_MAY_EXPIRE = [READY, DELAYED, CLAIMED, POPPED, DOOMED]
"""A dead letter on its way begins a new life."""


class Sweep:
    """Reclaims, for one message store."""

    def __init__(  # noqa: PLR0913, PLR0917 - one argument for each thing that a sweep looks after
        self,
        database: Database,
        clock: Clock,
        records: Records,
        striking: Striking,
        settling: Settling,
        queues: QueueRecords,
        litter: Litter,
        burying: Burying,
        counters: Counters,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._striking = striking
        self._settling = settling
        self._queues = queues
        self._litter = litter
        self._burying = burying
        self._counters = counters

    def is_turn(self) -> bool:
        """Tell whether nobody swept during the interval; then the turn is the caller's."""
        now = self._clock.now()
        turn = self._database.run(lambda: self._database.sweeps.find_one({"_id": "messages"}))
        if turn is not None and turn["next"] > now:
            return False
        mine = {"$set": {"next": now + INTERVAL}}
        wanted = {"_id": "messages", "next": {"$lte": now}}
        try:
            done = self._database.run(lambda: self._database.sweeps.update_one(wanted, mine, upsert=True))
        except DuplicateKeyError:
            return False
        return bool(done.matched_count or done.upserted_id)

    def sweep(self) -> int:
        """Reclaim; return how many messages and claims went."""
        gone = self._litter.clear_all(seconds=LONGEST_CLEARING) + self._expire()
        wanted = {"due": {"$lte": self._clock.now()}}
        due = self._database.run(
            lambda: list(self._database.records.find(wanted, {"_id": 1}).sort("due", 1).limit(MOST_QUEUES))
        )
        for each in due:
            record = self._records.find(each["_id"])
            if record is not None:
                gone += self._tidy(record)
        return gone

    def _expire(self) -> int:
        gone = 0
        while True:
            now = self._clock.now()
            found = self._expired(now)
            groups: dict[tuple[str, str], list[str]] = defaultdict(list)
            for document in found:
                groups[document["queue"], document["state"]].append(document["_id"])
            floors = self._records.floors({scope for scope, _ in groups}) if groups else {}
            for (scope, state), keys in groups.items():
                purged = [key for key in keys if place_of(key).position < floors.get(scope, math.inf)]
                gone += self._remove(scope, state, purged, now, is_counted=False)
                gone += self._remove(scope, state, sorted(set(keys) - set(purged)), now, is_counted=True)
            if len(found) < BATCH:
                return gone

    def _expired(self, now: int) -> list[Document]:
        wanted, shown = {"expires": ended(now), "state": {"$in": _MAY_EXPIRE}}, {"queue": 1, "state": 1}
        return self._database.run(
            lambda: list(self._database.messages.find(wanted, shown, batch_size=BATCH).limit(BATCH))
        )

    def _remove(self, scope: str, state: str, keys: list[str], now: int, *, is_counted: bool) -> int:
        if not keys:
            return 0
        wanted = {"_id": {"$in": keys}, "queue": scope, "state": state, "expires": ended(now)}
        number = self._database.run(
            lambda: self._database.messages.delete_many(wanted), when_in_doubt=lambda: self._counters.doubt(scope)
        ).deleted_count
        if is_counted:
            claimed = number if state in COUNTED_AS_CLAIMED else 0
            self._counters.add(scope, position=place_of(keys[0]).position, total=-number, claimed=-claimed)
        return number

    def _tidy(self, record: Record) -> int:
        """Settle one queue, and leave it alone from now on if nobody uses it and nothing in it falls due."""
        now = self._clock.now()
        if record.is_deleted:
            return self._litter.clear(record).count
        self._striking.strike_late(record, now)
        moved = self._burying.go_on(record, seconds=LONGEST_BURIAL) if "dead_letters" in record.document else 0
        lapsed = self._settling.settle(record, now, seconds=LONGEST_SETTLING).lapsed
        if moved:
            self._records.hurry(record.scope, now)  # there may be more
        current = self._records.write_counters(record.scope) or self._records.find(record.scope)
        if current is None or current.is_deleted:
            return moved + lapsed
        if self._is_to_be_counted(current, now):
            self._queues.recount(current, now)
        elif current.due is not None and current.due <= now - UNUSED_AFTER and not current.open:
            self._leave_alone(current)
        return moved + lapsed

    def _leave_alone(self, record: Record) -> None:
        """Let no sweep look at a queue that nobody uses before something falls due in it."""
        due = self._settling.next_due(record.scope)
        unused = {"due": record.due, "next": record.next, "hurried": record.document["hurried"], "dead_letters": None}
        change: Document = {"$unset": {"due": ""}} if due is None else {"$set": {"due": due}}
        self._records.update(record.scope, unused, change)

    def _is_to_be_counted(self, record: Record, now: int) -> bool:
        figures = [record.document[name] for name in ("next", "total", "claimed")]
        pause = max(INTERVAL * 2, abs(int(record.document["total"])) // COUNTED_PER_SECOND)
        return record.document.get("counted") != figures and now - record.document.get("recounted", 0) >= pause
