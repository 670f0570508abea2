"""Pop: mark the first messages that are ready, then remove what was marked.

The mark tells which of them this pop was given; removing alone would lose those of which the answer is lost. What a
crash leaves marked is ready again after ``LIFE`` seconds. Uses the index ``reading``.
"""

from collections.abc import Sequence

from pymongo import UpdateMany

from zaqar.clock import Clock
from zaqar.models import Message, QueueKey
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.encoding import POPPED, messages
from zaqar.storage.mongodb.messages.marking import mark_chosen, take_first
from zaqar.storage.mongodb.messages.taking import Call, Taking
from zaqar.storage.mongodb.server.connection import Database, Document

LIFE = 60
"""Seconds after which a pop counts as broken off; longer than one may take."""


class _Pop(Call):
    """A pop. ``life``: seconds after which it counts as broken off."""

    field = "mark"
    state = POPPED

    def __init__(self, limit: int, life: int) -> None:
        super().__init__(new_token(), limit)
        self._life = life

    def changes(self, wanted: Document) -> list[UpdateMany]:
        """Return the update that marks the chosen messages."""
        keys = {"$in": [each["_id"] for each in self.chosen]}
        return [UpdateMany(wanted | {"_id": keys}, _marking(self.mark, self.now + self._life))]


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
        taken = self._taking.take(queue, _Pop(limit, self._life), self._take, self._take_first)
        return messages(taken, self._clock.now())

    def _take(self, scope: str, calls: Sequence[Call], is_brief: bool) -> None:
        """Mark and remove."""
        mark_chosen(self._database, scope, calls, now=self._clock.now(), is_brief=is_brief)
        if won := [each for call in calls for each in call.won]:
            keys, marks = [each["_id"] for each in won], [call.mark for call in calls]
            marked = {"_id": {"$in": keys}, "queue": scope, "state": POPPED, "mark": {"$in": marks}}
            self._remove(scope, marked, won)

    def _take_first(self, view: View) -> Document | None:
        """Mark the first message and remove it."""
        token, now = new_token(), self._clock.now()
        mine = {"queue": view.scope, "state": POPPED, "mark": token}
        won = take_first(self._database, view, _marking(token, now + self._life), mine=mine, now=now)
        if won is not None:
            self._remove(view.scope, mine | {"_id": won["_id"]}, [won])
        return won

    def _remove(self, scope: str, marked: Document, won: Sequence[Document]) -> None:
        gone = self._database.run(
            lambda: self._database.messages.delete_many(marked), when_in_doubt=lambda: self._counters.doubt(scope)
        ).deleted_count
        self._counters.add(scope, position=int(won[0]["position"]), total=-gone)


def _marking(token: str, until: int) -> Document:
    return {"$set": {"state": POPPED, "mark": token, "until": until}}
