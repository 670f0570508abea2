"""Pop: mark the first messages that are ready, then remove what was marked.

The mark tells which of them this pop was given; removing alone would lose those of which the answer is lost. What a
crash leaves marked is ready again after ``LIFE`` seconds. Uses the index ``reading``.
"""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.models import Message, QueueKey
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.candidates import View
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.counters import Counters
from zaqar.storage.mongodb.messages import POPPED, READY, living, messages
from zaqar.storage.mongodb.scope import scope_of
from zaqar.storage.mongodb.taking import Taking, take_first

LIFE = 60
"""Seconds after which a pop counts as broken off; longer than one may take."""


class Popping:
    """Takes messages for good. ``life``: seconds after which a pop counts as broken off."""

    def __init__(self, database: Database, clock: Clock, taking: Taking, counters: Counters, *, life: int) -> None:
        self._database = database
        self._clock = clock
        self._taking = taking
        self._counters = counters
        self._life = max(LIFE, life)

    def pop(self, queue: QueueKey, *, limit: int) -> list[Message]:
        """Take up to ``limit`` messages."""
        scope = scope_of(queue)
        taken = self._taking.take(
            queue, lambda found, is_brief: self._take(scope, found, is_brief), self._take_first, limit=limit
        )
        return messages(taken, self._clock.now())

    def _take(self, scope: str, candidates: Sequence[Document], is_brief: bool) -> list[Document]:
        """Mark and remove; return those that this pop was given."""
        mark, now = new_token(), self._clock.now()
        keys = {"$in": [each["_id"] for each in candidates]}
        wanted = {"_id": keys, "queue": scope, "state": READY, "expires": living(now)}
        change = {"$set": {"state": POPPED, "mark": mark, "until": now + self._life}}
        done = self._database.run(lambda: self._database.messages.update_many(wanted, change))
        marked = {"_id": keys, "queue": scope, "state": POPPED, "mark": mark}
        won = list(candidates)
        if is_brief or done.modified_count < len(won):
            won = self._database.run(lambda: list(self._database.messages.find(marked)))
        if not won:
            return []
        self._remove(scope, marked, won)
        return won

    def _take_first(self, view: View) -> Document | None:
        """Mark the first message and remove it."""
        mark, now = new_token(), self._clock.now()
        mine = {"queue": view.scope, "state": POPPED, "mark": mark}
        change = {"$set": {"state": POPPED, "mark": mark, "until": now + self._life}}
        won = take_first(self._database, view, change, mine=mine, now=now)
        if won is not None:
            self._remove(view.scope, mine | {"_id": won["_id"]}, [won])
        return won

    def _remove(self, scope: str, marked: Document, won: Sequence[Document]) -> None:
        gone = self._database.run(
            lambda: self._database.messages.delete_many(marked), when_in_doubt=lambda: self._counters.doubt(scope)
        ).deleted_count
        self._counters.add(scope, position=int(won[0]["position"]), total=-gone)
