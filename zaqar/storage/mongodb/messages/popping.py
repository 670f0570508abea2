"""Pop: mark the first messages that are ready, then remove what was marked.

The mark tells which of them this pop was given; removing alone would lose those of which the answer is lost. What a
crash leaves marked is ready again after ``LIFE`` seconds. Uses the index ``reading``.
"""

from collections.abc import Sequence

from pymongo import UpdateMany

from zaqar.models import Message, QueueKey
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.messages.call import Call
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.encoding import POPPED, messages
from zaqar.storage.mongodb.messages.marking import mark_chosen, take_first
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.taking import take
from zaqar.storage.mongodb.server.connection import Document

LIFE = 60
"""Seconds after which a pop counts as broken off, at least; longer than one may take."""


class Popping(Call):
    """A pop that is under way. ``life``: seconds after which it counts as broken off."""

    field = "mark"
    state = POPPED

    def __init__(self, limit: int, life: int) -> None:
        super().__init__(new_token(), limit)
        self._life = life

    def changes(self, wanted: Document) -> list[UpdateMany]:
        """Return the update that marks the chosen messages."""
        keys = {"$in": [each["_id"] for each in self.chosen]}
        return [UpdateMany(wanted | {"_id": keys}, _marking(self.mark, self.now + self._life))]


def pop(session: Session, queue: QueueKey, *, limit: int) -> list[Message]:
    """Take up to ``limit`` messages for good."""
    call = Popping(limit, _life(session))
    taken = take(session, queue, call, take_chosen=_take_chosen, take_first=_take_first)
    return messages(taken, session.clock.now())


def _take_chosen(session: Session, scope: str, calls: Sequence[Call], is_brief: bool) -> None:
    """Mark and remove."""
    mark_chosen(session, scope, calls, is_brief=is_brief)
    if won := [each for call in calls for each in call.won]:
        keys, marks = [each["_id"] for each in won], [call.mark for call in calls]
        marked = {"_id": {"$in": keys}, "queue": scope, "state": POPPED, "mark": {"$in": marks}}
        _remove(session, scope, marked, won)


def _take_first(session: Session, view: View) -> Document | None:
    """Mark the first message and remove it."""
    token, now = new_token(), session.clock.now()
    mine = {"queue": view.scope, "state": POPPED, "mark": token}
    won = take_first(session, view, _marking(token, now + _life(session)), mine=mine, now=now)
    if won is not None:
        _remove(session, view.scope, mine | {"_id": won["_id"]}, [won])
    return won


def _remove(session: Session, scope: str, marked: Document, won: Sequence[Document]) -> None:
    gone = session.database.run(
        lambda: session.database.messages.delete_many(marked), when_in_doubt=lambda: session.counters.doubt(scope)
    ).deleted_count
    session.counters.add(scope, position=int(won[0]["position"]), total=-gone)


def _life(session: Session) -> int:
    return max(LIFE, session.leases.longest)


def _marking(token: str, until: int) -> Document:
    return {"$set": {"state": POPPED, "mark": token, "until": until}}
