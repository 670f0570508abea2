"""What queues' metadata means, remembered for a moment.

A message operation would otherwise begin with a read of the management store. Absence is never remembered, so that a
queue made elsewhere works at once (design section 7).
"""

import time
from collections.abc import Callable

from zaqar.models import QueueKey
from zaqar.operations.metadata import Settings

MOST_ENTRIES = 10_000


class SettingsCache:
    """Settings of queues for ``seconds`` after they were read; 0 remembers nothing."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._entries: dict[QueueKey, tuple[float, Settings]] = {}

    def get(self, queue: QueueKey) -> Settings | None:
        """Return what is remembered, if it is fresh."""
        entry = self._entries.get(queue)
        if entry is None or entry[0] < self._monotonic():
            return None
        return entry[1]

    def put(self, queue: QueueKey, settings: Settings) -> None:
        """Remember."""
        if len(self._entries) >= MOST_ENTRIES:
            self._entries.clear()
        self._entries[queue] = (self._monotonic() + self._seconds, settings)

    def forget(self, queue: QueueKey) -> None:
        """Drop what this process is about to change, or has changed."""
        self._entries.pop(queue, None)
