"""The management store: the queues and topics of a project in one sorted set, their metadata in a hash.

Most queues have no metadata, and take no more than their name and what finds it.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zaqar.errors import QueueNotFound
from zaqar.models import Kind, Queue, QueueKey
from zaqar.storage import queue_metadata, refusals
from zaqar.storage.redis.key_lists import DirectoryKeys
from zaqar.storage.redis.keys import directory_of
from zaqar.storage.redis.management import scripts
from zaqar.storage.redis.server.server import Server


class Queues(queue_metadata.Paged):
    """Queues on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def create(self, queue: QueueKey, metadata: Mapping[str, Any]) -> bool:
        """Store a new queue; tell whether it is new.

        Not tried again once it may have been done: the queue would then be reported as one that existed.
        """
        arguments = (queue.name, _encode(metadata))
        return bool(self._server.call(scripts.CREATE, _keys(queue), arguments, is_repeatable=False))

    def get(self, queue: QueueKey) -> Queue:
        """Return the queue."""
        return Queue(queue.name, _decode(self._stored(queue)))

    def replace_metadata(self, queue: QueueKey, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Store new metadata in place of the old; not tried again once it may have been done."""
        stored = self._stored(queue)
        arguments = (queue.name, stored, _encode(new))
        is_old = queue_metadata.is_same(_decode(stored), old)
        if not is_old or not self._server.call(scripts.REPLACE_METADATA, _keys(queue), arguments, is_repeatable=False):
            raise refusals.changed(queue)

    def delete(self, queue: QueueKey) -> None:
        """Remove the queue."""
        self._server.call(scripts.DELETE, _keys(queue), (queue.name,))

    def count(self, project: str, *, kind: Kind = "queue") -> int:
        """Return how many there are."""
        return int(self._server.command("ZCARD", directory_of(project, kind).names))

    def batch(self, project: str, kind: Kind, after: str, size: int) -> Sequence[Queue]:
        """Return some of the queues behind a name."""
        names, stored = self._server.call(scripts.LIST, directory_of(project, kind), (after, size))
        return [Queue(name.decode(), _decode(text)) for name, text in zip(names, stored, strict=True)]

    def _stored(self, queue: QueueKey) -> bytes:
        stored: bytes | None = self._server.call(scripts.GET, _keys(queue), (queue.name,))
        if stored is None:
            raise QueueNotFound(queue)
        return stored


def _keys(queue: QueueKey) -> DirectoryKeys:
    return directory_of(queue.project, queue.kind)


def _encode(metadata: Mapping[str, Any]) -> bytes:
    return queue_metadata.encode(metadata).encode("utf-8", "surrogatepass") if metadata else b""


def _decode(stored: bytes | None) -> dict[str, Any]:
    metadata: dict[str, Any] = json.loads(stored) if stored else {}
    return metadata
