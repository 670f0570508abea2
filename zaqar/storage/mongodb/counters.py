"""Changes of the counters that this process has made and not written yet.

A deletion is one command, and the record of a busy queue no hot spot: what it changes in total and claimed is added up
here and written twice a second, and before this process tells the figures. A crash loses half a second of them, which
the sweep repairs by counting.
"""

import dataclasses
import logging
import os
import threading
import weakref
from collections.abc import Callable, Hashable

from zaqar.errors import Unavailable

LOG = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds that a change waits to be written, at most."""


ANYWHERE = 2**63 - 1
"""The position of what surely belongs to the queue as it is."""


@dataclasses.dataclass
class Change:
    """What changed in one queue; ``least``: the first of the positions concerned."""

    least: int
    total: int = 0
    claimed: int = 0
    is_doubtful: bool = False


_shared: "weakref.WeakValueDictionary[Hashable, Counters]" = weakref.WeakValueDictionary()
_sharing = threading.Lock()


class Counters:
    """What is to be written, by scope; shared by all stores of the process that are on the same database.

    ``writing``: held while something is written, so that nobody tells figures in the middle of that.
    """

    def __init__(self) -> None:
        self.writing = threading.RLock()
        self._writers: list[Writer] = []
        self._lock = threading.Lock()
        self._pending: dict[str, Change] = {}

    def add(self, scope: str, *, position: int = ANYWHERE, total: int = 0, claimed: int = 0) -> None:
        """Note a change of messages from a position on."""
        if not total and not claimed:
            return
        with self._lock:
            change = self._pending.setdefault(scope, Change(position))
            change.least = min(change.least, position)
            change.total += total
            change.claimed += claimed
        self._wake()

    def doubt(self, scope: str) -> None:
        """Note that what was counted may not be what was changed."""
        with self._lock:
            self._pending.setdefault(scope, Change(ANYWHERE)).is_doubtful = True
        self._wake()

    def join(self, writer: "Writer") -> None:
        """Let one more store write."""
        self._writers.append(writer)

    def leave(self, writer: "Writer") -> None:
        """Let a store write no more."""
        if writer in self._writers:
            self._writers.remove(writer)

    def take(self, scope: str) -> Change | None:
        """Return what is to be written for a queue; it is the caller's to write."""
        with self._lock:
            return self._pending.pop(scope, None)

    def give_back(self, scope: str, change: Change) -> None:
        """Take back what could not be written."""
        self.add(scope, position=change.least, total=change.total, claimed=change.claimed)
        self.doubt(scope)

    def scopes(self) -> list[str]:
        """Return the queues for which something is to be written."""
        with self._lock:
            return list(self._pending)

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, what it has to write."""
        self.writing = threading.RLock()
        self._lock = threading.Lock()
        self._pending = {}

    def _wake(self) -> None:
        for writer in self._writers[-1:]:
            writer.wake()


LONGEST_WAIT = 5.0
"""Seconds that closing waits for the thread."""


class Writer:
    """A thread of one store that writes the changes; it starts with the first, and ends when none is left."""

    def __init__(self, counters: Counters, write: Callable[[str], object]) -> None:
        self._counters = counters
        self._write = write
        self._is_running = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()
        counters.join(self)
        _writers.add(self)

    def wake(self) -> None:
        """Let what is to be written be written soon."""
        if not self._is_running:
            self._start()

    def write_all(self) -> None:
        """Write everything now. Raises ``Unavailable``."""
        for scope in self._counters.scopes():
            self._write(scope)

    def stop(self) -> None:
        """Write what is left, if the server answers, and wait for the thread: it must not connect anew after this."""
        self._counters.leave(self)
        with self._starting:
            self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=LONGEST_WAIT)
        try:
            self.write_all()
        except Unavailable as error:
            LOG.warning("Counters of queues were not written, the next sweep will count: %s", error)

    def forget_parent(self) -> None:
        """Be ready to start anew in a forked process, where the thread is not."""
        self._is_running = False
        self._thread = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()

    def _start(self) -> None:
        with self._starting:
            if self._is_running or self._stopped.is_set():
                return
            self._is_running = True
            self._thread = threading.Thread(target=self._run, name="counters", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(PAUSE):
            try:
                self.write_all()
            except Unavailable as error:
                LOG.warning("Counters of queues could not be written yet: %s", error)
            with self._starting:
                if not self._counters.scopes():
                    self._is_running = False
                    return


_writers: "weakref.WeakSet[Writer]" = weakref.WeakSet()


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
    for writer in _writers:
        writer.forget_parent()


os.register_at_fork(after_in_child=_forget_parents)
