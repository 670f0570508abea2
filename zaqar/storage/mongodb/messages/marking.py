"""Marks messages that are ready as somebody's: the commands of claims and pops that decide who is given what."""

from collections.abc import Callable, Sequence

from pymongo import ReturnDocument

from zaqar.models import DeadLetterRule
from zaqar.storage.mongodb.messages.call import Call
from zaqar.storage.mongodb.messages.candidates import View
from zaqar.storage.mongodb.messages.encoding import READY, living
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def mark_chosen(
    session: Session,
    scope: str,
    calls: Sequence[Call],
    *,
    is_brief: bool,
    when_in_doubt: Callable[[], object] | None = None,
) -> int:
    """Mark what calls chose with one command, and set what each won; return how many messages were changed.

    One more command reads what they won, where others were faster or only what a decision needs was read before.
    """
    database, now = session.database, session.clock.now()
    wanted = {"queue": scope, "state": READY, "expires": living(now)}
    for call in calls:
        call.now = now
    changes = [change for call in calls for change in call.changes(wanted)]
    done = database.run(lambda: database.messages.bulk_write(changes, ordered=True), when_in_doubt=when_in_doubt)
    keys = [each["_id"] for call in calls for each in call.chosen]
    if done.modified_count == len(keys) and not is_brief:
        for call in calls:
            call.won = [call.marked(each) for each in call.chosen]
        return done.modified_count
    field, marks = calls[0].field, [call.mark for call in calls]
    mine = {"_id": {"$in": keys}, "queue": scope, "state": calls[0].state, field: {"$in": marks}}
    found = database.run(lambda: list(database.messages.find(mine)))
    for call in calls:
        call.won = [each for each in found if each[field] == call.mark]
    return done.modified_count


def take_first(
    session: Session,
    view: View,
    change: Document,
    *,
    mine: Document,
    now: int,
    rule: DeadLetterRule | None = None,
    when_in_doubt: Callable[[], object] | None = None,
) -> Document | None:
    """Change the first ready message of a view and return it as it is then; None where there is none.

    ``mine`` finds what this call was given, should the answer be lost; what is worn by the ``rule`` is passed over.
    """
    database = session.database
    positions = {"$gte": view.record.floor, "$lt": view.bound}
    wanted: Document = {"queue": view.scope, "state": READY, "position": positions, "expires": living(now)}
    if rule is not None:
        wanted["claim_count"] = {"$not": {"$gte": rule.max_claim_count}}
    attempts = iter((True,))

    def take() -> Document | None:
        found = None if next(attempts, False) else database.messages.find_one(mine)
        return found or database.messages.find_one_and_update(
            wanted, change, sort=[("position", 1)], return_document=ReturnDocument.AFTER
        )

    return database.run(take, when_in_doubt=when_in_doubt)
