"""The thread that writes what a process changed in the counters."""

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable

from zaqar.errors import Unavailable
from zaqar.storage.mongodb.counters import Counters

LOG = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds that a change waits to be written, at most."""

PAUSE_AFTER_FAILURE = 1.0
"""The same after a failure, which is logged each time."""

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
        counters.join(self.wake)
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
        self._counters.leave(self.wake)
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
            if not self._is_running and not self._stopped.is_set():
                self._begin(PAUSE)

    def _begin(self, pause: float) -> None:
        self._is_running = True
        self._thread = threading.Thread(target=self._run, args=(pause,), name="counters", daemon=True)
        self._thread.start()

    def _run(self, pause: float) -> None:
        has_failed = True
        try:
            self._write_until_done(pause)
            has_failed = False
        finally:
            if has_failed:
                # A mistake ends this thread, with its traceback; without another in its place nothing would be written.
                LOG.error("Counters of queues could not be written yet.", exc_info=sys.exc_info())
                with self._starting:
                    if not self._stopped.is_set():
                        self._begin(PAUSE_AFTER_FAILURE)

    def _write_until_done(self, pause: float) -> None:
        while not self._stopped.wait(pause):
            pause = PAUSE if self._has_written() else PAUSE_AFTER_FAILURE
            with self._starting:
                if not self._counters.scopes():
                    self._is_running = False
                    return

    def _has_written(self) -> bool:
        try:
            self.write_all()
        except Unavailable as error:
            LOG.warning("Counters of queues could not be written yet: %s", error)
            return False
        return True


def _forget_parents() -> None:
    for writer in _writers:
        writer.forget_parent()


_writers: "weakref.WeakSet[Writer]" = weakref.WeakSet()

os.register_at_fork(after_in_child=_forget_parents)
