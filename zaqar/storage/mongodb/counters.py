"""Changes of the counters that this process has made and not written yet.

A deletion is one command, and the record of a busy queue no hot spot: what it changes in total and claimed is added up
here and written ten times a second. Until then it is added to the figures of the record, where this process tells them. A
crash loses a tenth of a second of changes, which the sweep repairs by counting.
"""

import contextlib
import dataclasses
import os
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

T = TypeVar("T")

ANYWHERE = 2**63 - 1
"""The position of what surely belongs to the queue as it is."""


@dataclasses.dataclass
class Change:
    """What changed in one queue; ``least``: the first of the positions concerned."""

    least: int = ANYWHERE
    total: int = 0
    claimed: int = 0
    is_doubtful: bool = False


@dataclasses.dataclass(eq=False)
class _Look:
    """A look at the figures of one queue."""

    scope: str
    is_disturbed: bool
    """Whether it may have seen a change that is being written, or not."""


_shared: "weakref.WeakValueDictionary[Hashable, Counters]" = weakref.WeakValueDictionary()
_sharing = threading.Lock()


class Counters:
    """What is to be written, by scope; shared by all stores of the process that are on the same database."""

    def __init__(self) -> None:
        self._wakers: list[Callable[[], None]] = []
        self.forget_parent()

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, what it has to write."""
        self._writing = threading.RLock()
        self._lock = threading.Lock()
        self._pending: dict[str, Change] = {}
        self._written: str | None = None
        self._looks: list[_Look] = []

    def add(self, scope: str, *, position: int = ANYWHERE, total: int = 0, claimed: int = 0) -> None:
        """Note a change of messages from a position on."""
        if not total and not claimed:
            return
        with self._lock:
            self._note(scope, position, total, claimed)
        self._wake()

    def doubt(self, scope: str) -> None:
        """Note that what was counted may not be what was changed."""
        with self._lock:
            self._note(scope, ANYWHERE, 0, 0, is_doubtful=True)
        self._wake()

    def forget(self, scope: str) -> None:
        """Drop what is to be written for a queue that has just been deleted.

        Else a change of its next life would be added to one of this life, and be dropped with it.
        """
        with self._lock:
            self._pending.pop(scope, None)

    def scopes(self) -> list[str]:
        """Return the queues for which something is to be written."""
        with self._lock:
            return list(self._pending)

    def with_unwritten(self, scope: str, look: Callable[[], T]) -> tuple[T, Change]:
        """Return what a look at the figures in the database gives, and what is to be added to them.

        Each change that was made before is in one of the two. Where one was being written while it looked, nobody knows
        in which: then it looks again while nothing is written.
        """
        with self._looking(scope) as mine:
            found = look()
            with self._lock:
                if not mine.is_disturbed:
                    return found, self._unwritten(scope)
        with self._writing:
            found = look()
            with self._lock:
                return found, self._unwritten(scope)

    @contextlib.contextmanager
    def written(self, scope: str) -> Iterator[Change | None]:
        """Give what is to be written for a queue, one after the other; take it back where that fails."""
        with self._writing:
            change, is_written = self._take(scope), False
            try:
                yield change
                is_written = True
            finally:
                self._end_writing(scope, None if is_written else change)

    def join(self, wake: Callable[[], None]) -> None:
        """Let one more store write when it is woken."""
        self._wakers.append(wake)

    def leave(self, wake: Callable[[], None]) -> None:
        """Let a store write no more."""
        if wake in self._wakers:
            self._wakers.remove(wake)

    @contextlib.contextmanager
    def _looking(self, scope: str) -> Iterator[_Look]:
        with self._lock:
            mine = _Look(scope, is_disturbed=self._written == scope)
            self._looks.append(mine)
        try:
            yield mine
        finally:
            with self._lock:
                self._looks.remove(mine)

    def _unwritten(self, scope: str) -> Change:
        return dataclasses.replace(self._pending.get(scope, Change()))

    def _take(self, scope: str) -> Change | None:
        with self._lock:
            change = self._pending.pop(scope, None)
            if change is not None:
                self._written = scope
                for look in self._looks:
                    look.is_disturbed = look.is_disturbed or look.scope == scope
        return change

    def _end_writing(self, scope: str, unwritten: Change | None) -> None:
        with self._lock:
            self._written = None
            if unwritten is not None:
                self._note(scope, unwritten.least, unwritten.total, unwritten.claimed, is_doubtful=True)
        if unwritten is not None:
            self._wake()

    def _note(self, scope: str, position: int, total: int, claimed: int, *, is_doubtful: bool = False) -> None:
        change = self._pending.setdefault(scope, Change())
        change.least = min(change.least, position)
        change.total += total
        change.claimed += claimed
        change.is_doubtful = change.is_doubtful or is_doubtful

    def _wake(self) -> None:
        for wake in self._wakers[-1:]:
            wake()


def shared(place: Hashable) -> Counters:
    """Return the counters of this process for a database."""
    with _sharing:
        found = _shared.get(place)
        if found is None:
            found = _shared[place] = Counters()
        return found


def _forget_parents() -> None:
    for counters in _shared.values():
        counters.forget_parent()


os.register_at_fork(after_in_child=_forget_parents)
