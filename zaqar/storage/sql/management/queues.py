"""The management store: queues and topics with their metadata, one row each, found and listed by primary key."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import Kind, Queue, QueueKey
from zaqar.storage import queue_metadata, refusals
from zaqar.storage.sql.database import Database, Session, Transaction
from zaqar.storage.sql.schema import QUEUES
from zaqar.storage.sql.statement import Parameters, Row, Statement, limited

_SCOPE = (QUEUES.c.project == sa.bindparam("project")) & (QUEUES.c.kind == sa.bindparam("kind"))
_KEY = _SCOPE & (QUEUES.c.name == sa.bindparam("name"))
_FIND = Statement(sa.select(QUEUES.c.metadata).where(_KEY))
_CREATE = Statement(sa.insert(QUEUES))
_REPLACE = Statement(sa.update(QUEUES).where(_KEY).values(metadata=sa.bindparam("new")))
_DELETE = Statement(sa.delete(QUEUES).where(_KEY))
_COUNT = Statement(sa.select(sa.func.count()).select_from(QUEUES).where(_SCOPE))
_PAGE = Statement(
    limited(
        sa.select(QUEUES.c.name, QUEUES.c.metadata)
        .where(_SCOPE, QUEUES.c.name > sa.bindparam("marker"))
        .order_by(QUEUES.c.name)
    )
)


class Queues(queue_metadata.Paged):
    """Queues in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, queue: QueueKey, metadata: Mapping[str, Any]) -> bool:
        """Store a new queue; tell whether it is new."""

        def step(transaction: Transaction) -> bool:
            if transaction.row(_FIND, queue._asdict()) is not None:
                return False
            transaction.run(_CREATE, {**queue._asdict(), "metadata": queue_metadata.encode(metadata)})
            return True

        return self._database.write(step, adds=True)

    def get(self, queue: QueueKey) -> Queue:
        """Return the queue."""
        return Queue(queue.name, self._database.read(lambda session: _metadata(session, queue)))

    def replace_metadata(self, queue: QueueKey, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Store new metadata in place of the old."""

        def step(transaction: Transaction) -> None:
            if not queue_metadata.is_same(_metadata(transaction, queue), old):
                raise refusals.changed(queue)
            transaction.run(_REPLACE, {**queue._asdict(), "new": queue_metadata.encode(new)})

        self._database.write(step, adds=True)

    def delete(self, queue: QueueKey) -> None:
        """Remove the queue."""
        self._database.write(lambda transaction: transaction.run(_DELETE, queue._asdict()))

    def count(self, project: str, *, kind: Kind = "queue") -> int:
        """Return how many there are."""
        row = self._database.read(lambda session: session.row(_COUNT, {"project": project, "kind": kind}))
        return row[0] if row else 0

    def batch(self, project: str, kind: Kind, after: str, size: int) -> Sequence[Queue]:
        """Return some of the queues behind a name."""
        parameters = {"project": project, "kind": kind, "marker": after, "limit": size}
        rows = self._database.read(partial(_page, parameters))
        return [Queue(name, json.loads(text)) for name, text in rows]


def _page(parameters: Parameters, session: Session) -> list[Row]:
    return session.rows(_PAGE, parameters)


def _metadata(session: Session, queue: QueueKey) -> dict[str, Any]:
    row = session.row(_FIND, queue._asdict())
    if row is None:
        raise QueueNotFound(queue)
    metadata: dict[str, Any] = json.loads(row[0])
    return metadata
