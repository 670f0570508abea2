"""Changes of the counters that this process has made and not written yet.

A step that changes how many messages a queue has, or how many are claimed, does not write that into the queue's record: it
would be one command more for each deletion, and all would wait for one document. The changes are added up here, and written
ten times a second. Until then, statistics that this process tells are the figures of the record with these changes. A crash
loses a tenth of a second of them, which the sweep repairs by counting.
"""

import contextlib
import dataclasses
import threading
import weakref
from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from zaqar import forks

T = TypeVar("T")

MOST_DELTAS = 1000
"""Changes of one queue that are kept apart; beyond, a purge of a part of them makes the sweep count."""


@dataclasses.dataclass(frozen=True)
class Delta:
    """What one step changed, with messages from the first to the last of these positions."""

    first: int
    last: int
    total: int
    claimed: int


@dataclasses.dataclass
class Change:
    """What changed in one queue. ``is_doubtful``: an answer was lost, so that it may be more or less."""

    deltas: list[Delta] = dataclasses.field(default_factory=list)
    is_doubtful: bool = False

    @property
    def first(self) -> int:
        """Return the first position concerned."""
        return min(delta.first for delta in self.deltas)

    @property
    def total(self) -> int:
        """Return the change of the number of messages."""
        return sum(delta.total for delta in self.deltas)

    @property
    def claimed(self) -> int:
        """Return the change of the number of claimed ones."""
        return sum(delta.claimed for delta in self.deltas)

    def since(self, floor: int) -> "Change":
        """Return what concerns messages from the floor on: those before it were purged, and are not counted any more.

        A delta of messages on both sides is kept whole, and then the change is doubtful.
        """
        kept = [delta for delta in self.deltas if delta.last >= floor]
        is_cut = any(delta.first < floor for delta in kept)
        above = [dataclasses.replace(delta, first=max(delta.first, floor)) for delta in kept]
        return Change(above, self.is_doubtful or is_cut)

    def folded(self) -> "Change":
        """Return the same as one delta."""
        last = max(delta.last for delta in self.deltas)
        return Change([Delta(self.first, last, self.total, self.claimed)], self.is_doubtful)


@dataclasses.dataclass(eq=False)
class _Look:
    """Somebody reads the figures of one queue, for statistics."""

    scope: str
    is_disturbed: bool
    """Whether it may have seen a change that is being written, or not."""


_shared: "weakref.WeakValueDictionary[Hashable, Counters]" = weakref.WeakValueDictionary()
_sharing = threading.Lock()


class Counters:
    """The changes that are to be written, by scope. All stores of a process that are on one database share them."""

    def __init__(self) -> None:
        self._wakers: list[Callable[[], None]] = []
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, what it has to write."""
        self._writing = threading.RLock()
        self._lock = threading.Lock()
        self._pending: dict[str, Change] = {}
        self._written: str | None = None
        self._looks: list[_Look] = []

    def add(self, scope: str, *, position: int, last: int | None = None, total: int = 0, claimed: int = 0) -> None:
        """Remember a change of messages from a position on.

        ``last``: the last of the positions, where a client named them; others were seen above the floor together, so that
        they are purged together.
        """
        if not total and not claimed:
            return
        delta = Delta(position, position if last is None else last, total, claimed)
        with self._lock:
            self._gather(scope, Change([delta]))
        self._wake()

    def doubt(self, scope: str) -> None:
        """Remember that what was counted may not be what was changed; then the sweep counts."""
        with self._lock:
            self._gather(scope, Change(is_doubtful=True))
        self._wake()

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
        """Give what is to be written for a queue, to one thread at a time; remember it again where the block fails."""
        with self._writing:
            change, is_written = self._take(scope), False
            try:
                yield change
                is_written = True
            finally:
                self._end_writing(scope, None if is_written else change)

    def join(self, wake: Callable[[], None]) -> None:
        """Let ``wake`` be called when there is something to write; of several stores, that of the last is called."""
        self._wakers.append(wake)

    def leave(self, wake: Callable[[], None]) -> None:
        """Let ``wake`` be called no more."""
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
        found = self._pending.get(scope, Change())
        return Change(list(found.deltas), found.is_doubtful)

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
                self._gather(scope, Change(unwritten.deltas, is_doubtful=True))
        if unwritten is not None:
            self._wake()

    def _gather(self, scope: str, change: Change) -> None:
        pending = self._pending.setdefault(scope, Change())
        pending.deltas += change.deltas
        pending.is_doubtful = pending.is_doubtful or change.is_doubtful
        if len(pending.deltas) > MOST_DELTAS:
            self._pending[scope] = pending.folded()

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
