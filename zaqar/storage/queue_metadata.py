"""What every management store does with queues and their metadata, whatever it keeps them in."""

import abc
import json
from collections.abc import Mapping, Sequence
from typing import Any

from zaqar.models import Kind, Queue
from zaqar.storage import contract

BATCH = 500
"""Queues that a filtered listing reads at a time."""


def encode(metadata: Mapping[str, Any]) -> str:
    """Return the text that is kept."""
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Compare without Python's equality of True and 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class Paged(contract.Queues):
    """Queues that are listed batch after batch."""

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
        """Return a page; with filters, batch after batch until the page is full or the queues end (http Q-5)."""
        found: list[Queue] = []
        size = BATCH if name_contains or metadata else limit
        after = marker or ""
        while len(found) < limit:
            queues = self.batch(project, kind, after, size)
            found += [queue for queue in queues if _matches(queue, name_contains, metadata)]
            if len(queues) < size:
                break
            after = queues[-1].name
        return found[:limit]

    @abc.abstractmethod
    def batch(self, project: str, kind: Kind, after: str, size: int) -> Sequence[Queue]:
        """Return up to ``size`` queues behind a name, in order; the empty name comes before all."""


def _matches(queue: Queue, name_contains: str | None, metadata: Mapping[str, str | int]) -> bool:
    if name_contains and name_contains not in queue.name:
        return False
    # Not Python's equality, for which True is 1.
    return all(
        type(stored := queue.metadata.get(name)) is type(wanted) and stored == wanted
        for name, wanted in metadata.items()
    )
