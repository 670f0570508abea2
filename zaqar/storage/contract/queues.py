"""Queues and topics with their metadata."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any

from zaqar.models import Kind, Queue, QueueKey


class Queues(abc.ABC):
    """Queues and topics as the management store knows them."""

    @abc.abstractmethod
    def create(self, queue: QueueKey, metadata: Mapping[str, Any]) -> bool:
        """Store a new queue and return True; return False and change nothing when it exists."""

    @abc.abstractmethod
    def get(self, queue: QueueKey) -> Queue:
        """Return the queue. Raises ``QueueNotFound``."""

    @abc.abstractmethod
    def replace_metadata(self, queue: QueueKey, *, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Store ``new`` provided the metadata is still ``old``.

        Raises ``QueueNotFound``, and ``Conflict`` when somebody else changed it since it was read.
        """

    @abc.abstractmethod
    def delete(self, queue: QueueKey) -> None:
        """Remove the queue. Silent when missing."""

    @abc.abstractmethod
    def list(
        self,
        project: str,
        *,
        kind: Kind = "queue",
        marker: str | None,
        limit: int,
        name_contains: str | None,
        metadata: Mapping[str, str | int],
    ) -> Sequence[Queue]:
        """Return up to ``limit`` queues of the project after the name ``marker``, in byte order of their names.

        ``name_contains`` is a literal, case-sensitive substring; ``metadata`` keeps queues whose stored top-level
        members equal these, integers never matching strings or booleans (http Q-5). Filters apply before the limit.
        """

    @abc.abstractmethod
    def count(self, project: str, *, kind: Kind = "queue") -> int:
        """Return how many queues the project has."""
