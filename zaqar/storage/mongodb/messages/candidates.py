"""What of a queue may be shown or taken: everything between its floor and its oldest unpublished post.

One command reads the record and the messages: a ``$lookup`` whose conditions come from the record. So the record is read
before the messages are looked for, and whatever it does not know as under way before the bound is there by then. That is
why an observer skips nothing: with the messages read first, what is published in between would be missing for good.

Uses the index ``reading`` on ``(queue, state, position)``, and those of ``_id``.
"""

import dataclasses
from collections.abc import Callable, Sequence

from pymongo.errors import OperationFailure

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey
from zaqar.storage.mongodb.messages.due import catch_up
from zaqar.storage.mongodb.messages.encoding import READY, VISIBLE, living
from zaqar.storage.mongodb.messages.record import BOUND, SETTLE_INTERVAL, Record
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.schema import MESSAGES
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.mongodb.server.failure import is_too_large

_BRIEF = {"position": 1, "expires": 1, "claim_count": 1}

_IN_VIEW = {"$and": [{"$gte": ["$position", "$$floor"]}, {"$lt": ["$position", "$$bound"]}]}


@dataclasses.dataclass(frozen=True)
class View:
    """The part of a queue that may be shown, and what was found in it."""

    record: Record
    bound: int
    found: Sequence[Document] = ()

    @property
    def scope(self) -> str:
        """Return the scope of the queue."""
        return self.record.scope

    def first_behind(self, position: int) -> int:
        """Return the first position behind another one."""
        return max(self.record.floor, position + 1)


def view(session: Session, queue: QueueKey) -> View:
    """Return what may be shown, and look for no message. Raises ``QueueNotFound``, as all that take a queue."""

    def read(before: int | None) -> View:
        record = session.records.read(queue)
        bound = session.records.bound(record)
        return View(record, bound if before is None else min(bound, before))

    return _caught_up(session, read)


def ready(session: Session, queue: QueueKey, *, limit: int, is_brief: bool = False) -> View:
    """Find the first messages that are ready, in one command; brief: only what decides whether to take them.

    They may be taken, or moved to another queue: what becomes of that if it is broken off has to be found out.
    """
    found = first(session, queue, {"state": READY}, limit=limit, is_brief=is_brief)
    return _watch(session, found) if found.found else found


def ready_behind(session: Session, record: Record, *, after: int, limit: int) -> View:
    """Settle a queue of which the record was just read; then find the first messages behind a position that are ready.

    A command less than by the record and the messages in one, where the caller has had to change the record.
    """
    before, bound = catch_up(session, record).before, session.records.bound(record)
    view = View(record, bound if before is None else min(bound, before))
    found = more(session, view, {"state": READY}, after=after, limit=limit)
    return _watch(session, dataclasses.replace(view, found=found)) if found else view


def first(
    session: Session, queue: QueueKey, wanted: Document, *, after: int = -1, limit: int, is_brief: bool = False
) -> View:
    """Find the first messages behind a position that meet a condition, in one command.

    Where they do not fit into one document, 16 MB, two more.
    """
    shown: list[Document] = [{"$project": _BRIEF}] if is_brief else []
    ranged = wanted | {"position": {"$gt": after}}

    def find(before: int | None) -> View:
        return _look(session, queue, _lookup(session, queue, "found", ranged, limit=limit, then=shown), before=before)

    try:
        return _caught_up(session, find)
    except OperationFailure as error:
        if not is_too_large(error):
            raise
    empty = view(session, queue)
    return dataclasses.replace(empty, found=more(session, empty, wanted, after=after, limit=limit))


def ends(session: Session, queue: QueueKey) -> View:
    """Find the first and the last message, of which only the creation is read, in one command."""

    def find(_: int | None) -> View:
        wanted, shown = {"state": {"$in": VISIBLE}}, [{"$project": {"created": 1}}]
        oldest = _lookup(session, queue, "oldest", wanted, limit=1, then=shown)
        newest = _lookup(session, queue, "newest", wanted, limit=1, then=shown, direction=-1)
        return _look(session, queue, oldest, newest)

    return _caught_up(session, find)


def more(session: Session, view: View, wanted: Document, *, after: int, limit: int) -> list[Document]:
    """Return the first messages of a view behind a position that meet a condition."""
    positions = {"$gte": view.first_behind(after), "$lt": view.bound}
    ranged = wanted | {"queue": view.scope, "position": positions, "expires": living(session.clock.now())}
    database = session.database
    return database.run(lambda: list(database.messages.find(ranged, batch_size=limit).sort("position", 1).limit(limit)))


def in_key_order(session: Session, view: View, wanted: Document, *, after: int, limit: int) -> list[Document]:
    """Return the first messages of a view that meet a condition, whatever their states do meanwhile."""
    keys = {"$gte": f"{view.scope}/{view.first_behind(after):014x}", "$lt": f"{view.scope}/{view.bound:014x}"}
    ranged = wanted | {"_id": keys, "queue": view.scope, "expires": living(session.clock.now())}
    database = session.database
    return database.run(
        lambda: list(
            # The hint: by an index on the state, what changes its state meanwhile might be left out.
            database.messages.find(ranged, batch_size=limit).sort("_id", 1).limit(limit).hint([("_id", 1)])
        )
    )


def _watch(session: Session, view: View) -> View:
    """See to it that the sweep settles the queue, where nobody uses it, when the time of what is taken now is over."""
    latest = session.clock.now() + SETTLE_INTERVAL
    if view.record.due is not None and view.record.due <= latest:
        return view
    return dataclasses.replace(view, record=session.records.hurry(view.scope, latest) or view.record)


def _caught_up(session: Session, look: Callable[[int | None], View]) -> View:
    """Look, then settle; where that changed anything, look again, and only at what is before anything left unsettled."""
    view = look(None)
    caught_up = catch_up(session, view.record)
    return look(caught_up.before) if caught_up.has_changed else view


def _lookup(
    session: Session,
    queue: QueueKey,
    name: str,
    wanted: Document,
    *,
    limit: int,
    direction: int = 1,
    then: Sequence[Document] = (),
) -> Document:
    """Return the stage that finds messages between the floor and the bound of the record."""
    condition = {"queue": scope_of(queue), "expires": living(session.clock.now()), "$expr": _IN_VIEW} | wanted
    found = [{"$match": condition}, {"$sort": {"position": direction}}, {"$limit": limit}, *then]
    given = {"floor": "$record.floor", "bound": "$bound"}
    return {"$lookup": {"from": MESSAGES, "let": given, "pipeline": found, "as": name}}


def _look(session: Session, queue: QueueKey, *lookups: Document, before: int | None = None) -> View:
    """Read the record of a living queue, then do the lookups between its floor and its bound, or ``before`` that."""
    scope, database = scope_of(queue), session.database
    bound: Document = {"$max": [session.records.horizons.bound.get(scope, 0), BOUND]}
    if before is not None:
        bound = {"$min": [before, bound]}
    record: list[Document] = [
        {"$match": {"_id": scope, "deleted": None}},
        {"$project": {"_id": 0, "record": "$$ROOT", "bound": bound}},
    ]
    seen = database.run(lambda: next(database.records.aggregate([*record, *lookups]), None))
    if seen is None:
        raise QueueNotFound(queue)
    known = session.records.known(queue, Record(scope, seen["record"]))
    names = [lookup["$lookup"]["as"] for lookup in lookups]
    return View(known, int(seen["bound"]), [found for name in names for found in seen[name]])
