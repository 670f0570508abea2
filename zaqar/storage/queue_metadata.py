"""What every management store does with queues and their metadata, whatever it keeps them in."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from zaqar.models import Queue

BATCH = 500
"""Queues that a filtered listing reads at a time."""


def encode(metadata: Mapping[str, Any]) -> str:
    """Return the text that is kept."""
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Compare without Python's equality of True and 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def page(
    read: Callable[[str, int], Sequence[Queue]],
    *,
    marker: str | None,
    limit: int,
    name_contains: str | None,
    metadata: Mapping[str, str | int],
) -> list[Queue]:
    """Return a page; with filters, batch after batch until the page is full or the queues end (http Q-5).

    ``read`` returns up to so many queues behind a name, in order; the empty name comes before all.
    """
    found: list[Queue] = []
    batch = BATCH if name_contains or metadata else limit
    after = marker or ""
    while len(found) < limit:
        queues = read(after, batch)
        found += [queue for queue in queues if _matches(queue, name_contains, metadata)]
        if len(queues) < batch:
            break
        after = queues[-1].name
    return found[:limit]


def _matches(queue: Queue, name_contains: str | None, metadata: Mapping[str, str | int]) -> bool:
    if name_contains and name_contains not in queue.name:
        return False
    # Not Python's equality, for which True is 1.
    return all(
        type(stored := queue.metadata.get(name)) is type(wanted) and stored == wanted
        for name, wanted in metadata.items()
    )
