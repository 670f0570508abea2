"""Lets happen what has fallen due in a queue: delays end, claims lapse, and what a crash has left goes its way.

Uses the index ``settling`` on ``(queue, until)``. What has expired is the sweep's alone: every query leaves it out.

A request settles for ``LONGEST`` and leaves the rest to the next and to the sweep. So that a consumer is not given what is
behind a message that is due and not settled, it then sees only what is before the first of these.
"""

import dataclasses
import time
from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.dead_letters import DeadLetters
from zaqar.storage.mongodb.messages.encoding import COUNTED_AS_CLAIMED, LEAVING, READY
from zaqar.storage.mongodb.messages.known_records import SETTLE_INTERVAL, Record, Records
from zaqar.storage.mongodb.messages.scope import place_of
from zaqar.storage.mongodb.messages.striking import Striking
from zaqar.storage.mongodb.server.connection import Database, Document

BATCH = 500

LONGEST = 1.0
"""Seconds that a request settles, at most, and one batch more."""

MOST_LOOKED_AT = 100_000
"""Messages among which a request looks for the first that is not settled; if there are more, it shows none."""

_ENDED = {"until": "", "claim": "", "claim_ttl": "", "mark": ""}


@dataclasses.dataclass(frozen=True)
class Settled:
    """What happened: to how many messages, how many claims lapsed, and whether it was all that was due."""

    ended: int
    lapsed: int
    is_all: bool


@dataclasses.dataclass(frozen=True)
class CaughtUp:
    """Whether anything changed; ``before``: the position before which all is settled, where that is not everything."""

    has_changed: bool
    before: int | None = None


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

    def catch_up(self, record: Record) -> CaughtUp:
        """Let happen what is due by a record that was just read, as far as a request has time for it."""
        now = self._clock.now()
        has_changed = bool(record.open) and self._striking.strike_late(record, now)
        if record.due is None or record.due > now:
            return CaughtUp(has_changed)
        settled = self.settle(record, now, seconds=LONGEST)
        if not settled.is_all:  # and still due
            return CaughtUp(has_changed=True, before=self._first_due(record, now))
        self.postpone(record, now)
        return CaughtUp(has_changed or settled.ended > 0)

    def settle(self, record: Record, now: int, *, seconds: float) -> Settled:
        """Let happen what is due, batch after batch, for so many seconds at most."""
        ends, ended, lapsed = time.monotonic() + seconds, 0, set[str]()
        while True:
            due = self._due(record.scope, now)
            purged = [each["_id"] for each in due if place_of(each["_id"]).position < record.floor]
            self._remove(record.scope, purged)
            found = [each for each in due if place_of(each["_id"]).position >= record.floor]
            for state in {document["state"] for document in found}:
                self._end(record.scope, state, [each for each in found if each["state"] == state], now)
            ended += len(found)
            lapsed.update(each["claim"] for each in found if each["state"] in COUNTED_AS_CLAIMED)
            is_all = len(due) < BATCH
            if is_all or time.monotonic() > ends:
                return Settled(ended, len(lapsed), is_all)

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

    def _first_due(self, record: Record, now: int) -> int | None:
        """Return the first position of what is due and not settled; None where there is nothing of that."""
        wanted = {"queue": record.scope, "until": {"$lte": now}, "position": {"$gte": record.floor}}
        stages: list[Document] = [
            {"$match": wanted},
            {"$sort": {"until": 1}},
            {"$limit": MOST_LOOKED_AT},
            {"$group": {"_id": "$queue", "count": {"$sum": 1}, "first": {"$min": "$position"}}},
        ]
        found = self._database.run(lambda: list(self._database.messages.aggregate(stages)))
        if not found:
            return None
        return record.floor if found[0]["count"] >= MOST_LOOKED_AT else int(found[0]["first"])

    def _remove(self, scope: str, keys: Sequence[str]) -> None:
        """Remove messages below the floor: what falls due among them concerns nobody, and would be found again."""
        if keys:
            wanted = {"_id": {"$in": keys}, "queue": scope}
            self._database.run(lambda: self._database.messages.delete_many(wanted))

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
