"""A thread that is there while there is something to do, and no longer."""

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable

LOG = logging.getLogger(__name__)

LONGEST_WAIT = 5.0
"""Seconds that stopping waits for the thread."""


class Errand:
    """Does something again and again: a thread starts when it is woken, and ends when nothing is left to do.

    ``do`` returns the seconds until the next time, ``pause`` those until the first. ``failure``: a sentence for the log.
    A mistake ends the thread, with its traceback, and another takes its place.
    """

    def __init__(
        self,
        name: str,
        do: Callable[[], float],
        *,
        is_wanted: Callable[[], bool],
        pause: Callable[[], float],
        pause_after_mistake: Callable[[], float],
        failure: str,
    ) -> None:
        self._name = name
        self._do = do
        self._is_wanted = is_wanted
        self._pause = pause
        self._pause_after_mistake = pause_after_mistake
        self._failure = failure
        self.forget_parent()
        _errands.add(self)

    def forget_parent(self) -> None:
        """Be ready to start anew in a forked process, where the thread is not."""
        self.is_running = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()

    def wake(self) -> None:
        """Let it be done soon."""
        if not self.is_running:
            self._start()

    def stop(self) -> None:
        """End the thread, and wait for it a few seconds: it must not connect anew after this."""
        with self._starting:
            self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=LONGEST_WAIT)

    def _start(self) -> None:
        with self._starting:
            if not self.is_running and not self._stopped.is_set():
                self._begin(self._pause())

    def _begin(self, pause: float) -> None:
        self.is_running = True
        self._thread = threading.Thread(target=self._run, args=(pause,), name=self._name, daemon=True)
        self._thread.start()

    def _run(self, pause: float) -> None:
        has_failed = True
        try:
            self._do_until_done(pause)
            has_failed = False
        finally:
            if has_failed:
                LOG.error(self._failure, exc_info=sys.exc_info())
                with self._starting:
                    if not self._stopped.is_set():
                        self._begin(self._pause_after_mistake())

    def _do_until_done(self, pause: float) -> None:
        while not self._stopped.wait(pause):
            pause = self._do()
            with self._starting:
                if not self._is_wanted():
                    self.is_running = False
                    return


def _forget_parents() -> None:
    for errand in _errands:
        errand.forget_parent()


_errands: "weakref.WeakSet[Errand]" = weakref.WeakSet()

os.register_at_fork(after_in_child=_forget_parents)
