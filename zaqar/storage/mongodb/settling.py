"""Lets happen what has fallen due in a queue: delays end, claims lapse, and what a crash has left goes its way.

Uses the index ``settling`` on ``(queue, until)``. What has expired is the sweep's alone: every query leaves it out.
"""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.counters import Counters
from zaqar.storage.mongodb.dead_letters import DeadLetters
from zaqar.storage.mongodb.messages import COUNTED_AS_CLAIMED, LEAVING, READY
from zaqar.storage.mongodb.records import SETTLE_INTERVAL, Record, Records
from zaqar.storage.mongodb.scope import place_of
from zaqar.storage.mongodb.striking import Striking

BATCH = 500

_ENDED = {"until": "", "claim": "", "claim_ttl": "", "mark": ""}


class Settling:
    """Brings queues up to date."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        records: Records,
        striking: Striking,
        dead_letters: DeadLetters,
        counters: Counters,
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._striking = striking
        self._dead_letters = dead_letters
        self._counters = counters

    def catch_up(self, record: Record) -> bool:
        """Let happen what is due by a record that was just read; tell whether anything changed by it."""
        now = self._clock.now()
        has_changed = bool(record.open) and self._striking.strike_late(record, now)
        if record.due is not None and record.due <= now:
            ended, _ = self.settle(record, now)
            self.postpone(record, now)
            has_changed = has_changed or ended > 0
        return has_changed

    def settle(self, record: Record, now: int) -> tuple[int, int]:
        """Let happen what is due; return to how many messages, and how many claims lapsed."""
        ended, lapsed = 0, set[str]()
        while True:
            found = self._due(record.scope, now)
            for state in {document["state"] for document in found}:
                self._end(record.scope, state, [each for each in found if each["state"] == state], now)
            ended += len(found)
            lapsed.update(each["claim"] for each in found if each["state"] in COUNTED_AS_CLAIMED)
            if len(found) < BATCH:
                return ended, len(lapsed)

    def next_due(self, scope: str) -> int | None:
        """Return when something falls due next; None when nothing ever will."""
        wanted = {"queue": scope, "until": {"$gt": 0}}
        found = self._database.run(lambda: self._database.messages.find_one(wanted, {"until": 1}, sort=[("until", 1)]))
        return None if found is None else int(found["until"])

    def postpone(self, record: Record, now: int) -> None:
        """Note when to settle next, unless that changed meanwhile; then the next operation settles again."""
        first = self.next_due(record.scope)
        due = now + SETTLE_INTERVAL if first is None else min(first, now + SETTLE_INTERVAL)
        condition = {"due": record.due, "hurried": record.document["hurried"]}
        self._records.update(record.scope, condition, {"$set": {"due": due}})

    def _due(self, scope: str, now: int) -> list[Document]:
        """Return the first messages whose state is over."""
        wanted, shown = {"queue": scope, "until": {"$lte": now}}, {"state": 1, "claim": 1}
        return self._database.run(
            lambda: list(self._database.messages.find(wanted, shown, batch_size=BATCH).sort("until", 1).limit(BATCH))
        )

    def _end(self, scope: str, state: str, documents: Sequence[Document], now: int) -> None:
        if state == LEAVING:
            for batch in sorted({document["claim"] for document in documents}):
                try:
                    self._dead_letters.forward(queue_scope=scope, batch=batch)
                except QueueNotFound:
                    self._dead_letters.keep(scope, batch)
            return
        keys = [document["_id"] for document in documents]
        wanted = {"_id": {"$in": keys}, "queue": scope, "state": state, "until": {"$lte": now}}
        change = {"$set": {"state": READY}, "$unset": _ENDED}
        done = self._database.run(
            lambda: self._database.messages.update_many(wanted, change),
            when_in_doubt=lambda: self._counters.doubt(scope),
        )
        if state in COUNTED_AS_CLAIMED:
            first = min(place_of(key).position for key in keys)
            self._counters.add(scope, position=first, claimed=-done.modified_count)
