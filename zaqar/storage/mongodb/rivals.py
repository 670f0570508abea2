"""Keeps those of a process apart who take from one queue at once: all would try the same first messages, and lose but one.

Each skips what another is just taking. What other processes take is not known before it is lost to them; to guess, and
take what is further behind, would leave gaps that nobody is about to take.
"""

import contextlib
import dataclasses
import os
import threading
import weakref
from collections.abc import Iterator, Sequence

from zaqar.storage.mongodb.connection import Document

MOST = 500
"""Messages that a taker looks at because of others, at most."""


@dataclasses.dataclass
class _Queue:
    """What is known of one queue."""

    takers: int = 0
    in_hand: set[str] = dataclasses.field(default_factory=set)


class Turn:
    """One call that takes from a queue."""

    def __init__(self, queue: _Queue, lock: threading.Lock) -> None:
        self._queue = queue
        self._lock = lock

    def width(self, wanted: int) -> int:
        """Return at how many messages to look, to find so many that nobody else takes."""
        with self._lock:
            times = self._queue.takers
        return max(wanted, min(wanted * times, MOST))

    def free(self, found: Sequence[Document]) -> list[Document]:
        """Return what nobody else of this process is just taking."""
        with self._lock:
            return [each for each in found if each["_id"] not in self._queue.in_hand]

    @contextlib.contextmanager
    def choosing(self, found: Sequence[Document], wanted: int) -> Iterator[list[Document]]:
        """Give up to so many of the messages, which others of this process leave alone until the block ends."""
        with self._lock:
            free = [each for each in found if each["_id"] not in self._queue.in_hand]
            chosen = free[:wanted]
            keys = {each["_id"] for each in chosen}
            self._queue.in_hand |= keys
        try:
            yield chosen
        finally:
            with self._lock:
                self._queue.in_hand -= keys


class Rivals:
    """The takers of one store."""

    def __init__(self) -> None:
        self.forget_parent()
        _all.add(self)

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, what it is taking."""
        self._queues: dict[str, _Queue] = {}
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def turn(self, scope: str) -> Iterator[Turn]:
        """Give what a call has to know of the others."""
        with self._lock:
            queue = self._queues.setdefault(scope, _Queue())
            queue.takers += 1
        try:
            yield Turn(queue, self._lock)
        finally:
            with self._lock:
                queue.takers -= 1
                if not queue.takers:
                    self._queues.pop(scope, None)


def _forget_parents() -> None:
    for rivals in _all:
        rivals.forget_parent()


_all: "weakref.WeakSet[Rivals]" = weakref.WeakSet()

os.register_at_fork(after_in_child=_forget_parents)
