"""Reads messages that a client names, by key or claim, as far as they were neither purged nor deleted with their queue.

One command: the floor of the queue's record, then what is above it. Uses the indexes of ``_id`` and ``claims``.
"""

from pymongo.errors import OperationFailure

from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.schema import MESSAGES
from zaqar.storage.mongodb.server.connection import Document
from zaqar.storage.mongodb.server.failure import is_too_large

_ABOVE_FLOOR = {"$and": [{"$gte": ["$position", "$$floor"]}]}

_IN_ONE_ANSWER = 10_000
"""Messages that one answer may have; MongoDB ends it at 16 MB anyway."""


def kept(
    session: Session, scope: str, wanted: Document, *, shown: Document | None = None, limit: int | None = None
) -> list[Document]:
    """Return the messages of a living queue above its floor that meet a condition; none where there is no such queue.

    MongoDB makes one step of ``$lookup`` and the ``$unwind`` right behind it, so they need not fit into one document; where a
    server wants that all the same, and they do not, it takes two commands.
    """
    try:
        return _in_one(session, scope, wanted, shown=shown, limit=limit)
    except OperationFailure as error:
        if not is_too_large(error):
            raise
    database = session.database
    record = database.run(lambda: database.records.find_one({"_id": scope, "deleted": None}, {"floor": 1}))
    if record is None:
        return []
    above = {"queue": scope, "position": {"$gte": record["floor"]}} | wanted
    return database.run(lambda: list(database.messages.find(above, shown, batch_size=_IN_ONE_ANSWER).limit(limit or 0)))


def _in_one(
    session: Session, scope: str, wanted: Document, *, shown: Document | None, limit: int | None
) -> list[Document]:
    inner: list[Document] = [{"$match": {"queue": scope, "$expr": _ABOVE_FLOOR} | wanted}]
    if limit is not None:
        inner.append({"$limit": limit})
    if shown is not None:
        inner.append({"$project": shown})
    stages: list[Document] = [
        {"$match": {"_id": scope, "deleted": None}},
        {"$project": {"_id": 0, "floor": 1}},
        {"$lookup": {"from": MESSAGES, "let": {"floor": "$floor"}, "pipeline": inner, "as": "message"}},
        {"$unwind": "$message"},
        {"$replaceRoot": {"newRoot": "$message"}},
    ]
    database = session.database
    return database.run(lambda: list(database.records.aggregate(stages, batchSize=_IN_ONE_ANSWER)))
