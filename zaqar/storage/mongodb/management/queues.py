"""The management store: a document per queue or topic, its metadata one encoded value (storage W-M21).

Uses the unique index ``names`` on ``(project, kind, name)``.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.errors import DuplicateKeyError

from zaqar.errors import QueueNotFound
from zaqar.models import Kind, Queue, QueueKey
from zaqar.storage import queue_metadata, refusals
from zaqar.storage.ids import new_token
from zaqar.storage.mongodb.server.connection import Database, Document


class Queues(queue_metadata.Paged):
    """Queues in one database of a server, a replica set or a sharded cluster."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, queue: QueueKey, metadata: Mapping[str, Any]) -> bool:
        """Store a new queue; tell whether it is new, also when the first answer was lost."""
        nonce = new_token()
        document = _named(queue) | {"metadata": _encode(metadata), "by": nonce}
        try:
            self._database.run(lambda: self._database.queues.insert_one(dict(document)))
        except DuplicateKeyError:
            found = self._database.run(lambda: self._database.queues.find_one(_named(queue)))
            return found is not None and found["by"] == nonce
        return True

    def get(self, queue: QueueKey) -> Queue:
        """Return the queue."""
        return _queue(self._stored(queue))

    def replace_metadata(self, queue: QueueKey, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Store new metadata in place of the old."""
        stored = self._stored(queue)
        is_old = queue_metadata.is_same(_decode(stored["metadata"]), old)
        if is_old and self._is_replaced(queue, stored, new):
            return
        raise refusals.changed(queue)

    def delete(self, queue: QueueKey) -> None:
        """Remove the queue."""
        self._database.run(lambda: self._database.queues.delete_one(_named(queue)))

    def count(self, project: str, *, kind: Kind = "queue") -> int:
        """Return how many there are."""
        wanted = {"project": project, "kind": kind}
        return self._database.run(lambda: self._database.queues.count_documents(wanted))

    def batch(self, project: str, kind: Kind, after: str, size: int) -> Sequence[Queue]:
        """Return some of the queues behind a name."""
        wanted: Document = {"project": project, "kind": kind, "name": {"$gt": after}}
        shown = {"name": 1, "metadata": 1}
        found = self._database.run(
            lambda: list(self._database.queues.find(wanted, shown, batch_size=size).sort("name", 1).limit(size))
        )
        return [_queue(document) for document in found]

    def _stored(self, queue: QueueKey) -> Document:
        stored = self._database.run(lambda: self._database.queues.find_one(_named(queue)))
        if stored is None:
            raise QueueNotFound(queue)
        return stored

    def _is_replaced(self, queue: QueueKey, stored: Document, new: Mapping[str, Any]) -> bool:
        """Replace what was read, unless it was changed by another; that has left its own mark."""
        nonce = new_token()
        wanted = _named(queue) | {"metadata": stored["metadata"], "by": stored["by"]}
        change = {"$set": {"metadata": _encode(new), "by": nonce}}
        if self._database.run(lambda: self._database.queues.update_one(wanted, change)).matched_count:
            return True
        found = self._database.run(lambda: self._database.queues.find_one(_named(queue)))
        return found is not None and found["by"] == nonce


def _named(queue: QueueKey) -> Document:
    return {"project": queue.project, "kind": queue.kind, "name": queue.name}


def _queue(document: Document) -> Queue:
    return Queue(document["name"], _decode(document["metadata"]))


def _encode(metadata: Mapping[str, Any]) -> bytes:
    return queue_metadata.encode(metadata).encode("utf-8", "surrogatepass")


def _decode(stored: bytes) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(stored)
    return metadata
