"""Work that no request asks for: each task runs in a thread of its own, in every process that serves."""

import logging
import sys
import threading
from collections.abc import Callable, Sequence

from zaqar import forks

LOG = logging.getLogger(__name__)

LONGEST_WAIT = 5.0
"""Seconds that stopping waits for a thread."""


class Task:
    """Calls ``run`` again and again in a thread, from ``start`` until ``stop``.

    ``run`` is called every ``interval`` seconds, or after the seconds that it returns. A mistake in it ends the thread, with
    its traceback and the sentence ``failure`` in the log, and another takes its place. With ``is_wanted`` the thread ends
    when that says no, and ``start`` brings it back.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[], float | None],
        *,
        interval: float,
        failure: str,
        after_mistake: float | None = None,
        is_wanted: Callable[[], bool] | None = None,
    ) -> None:
        self._name = name
        self._do = run
        self._interval = interval
        self._failure = failure
        self._after_mistake = interval if after_mistake is None else after_mistake
        self._is_wanted = is_wanted
        self.is_running = False
        self._forget()
        forks.tell(self)

    def start(self) -> None:
        """Begin, ``interval`` seconds from now, unless it runs or was stopped."""
        if not self.is_running:
            self._start()

    def hurry(self) -> None:
        """Call ``run`` now, or once more where it is running, without waiting for its interval; for any thread."""
        self._hurried.set()

    def stop(self) -> None:
        """End the thread, and wait for it a few seconds; what was stopped does not start again."""
        with self._starting:
            self._stopped.set()
        self._hurried.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=LONGEST_WAIT)

    def forget_parent(self) -> None:
        """Start a new thread in a forked process, which lacks the old one; with ``is_wanted``, wait for ``start``."""
        is_to_run = self.is_running and self._is_wanted is None and not self._stopped.is_set()
        self._forget()
        if is_to_run:
            self.start()

    def _start(self) -> None:
        with self._starting:
            if not self.is_running and not self._stopped.is_set():
                self._begin(self._interval)

    def _forget(self) -> None:
        self.is_running = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._stopped = threading.Event()
        self._hurried = threading.Event()

    def _begin(self, pause: float) -> None:
        self.is_running = True
        self._thread = threading.Thread(target=self._run, args=(pause,), name=self._name, daemon=True)
        self._thread.start()

    def _run(self, pause: float) -> None:
        has_failed = True
        try:
            self._do_until_stopped(pause)
            has_failed = False
        finally:
            if has_failed:
                LOG.error(self._failure, exc_info=sys.exc_info())
                with self._starting:
                    if not self._stopped.is_set():
                        self._begin(self._after_mistake)

    def _do_until_stopped(self, pause: float) -> None:
        while not self._is_over_after(pause):
            said = self._do()
            pause = self._interval if said is None else said
            if self._is_wanted is not None:
                with self._starting:
                    if not self._is_wanted():
                        self.is_running = False
                        return

    def _is_over_after(self, pause: float) -> bool:
        """Wait so many seconds, or until ``hurry`` is called; tell whether to stop."""
        self._hurried.wait(pause)
        self._hurried.clear()
        return self._stopped.is_set()


class Background:
    """The tasks of a process."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tuple(tasks)

    def start(self) -> None:
        """Start all of them; a process that is forked later starts its own."""
        for task in self._tasks:
            task.start()

    def stop(self) -> None:
        """End all of them, and wait for them."""
        for task in self._tasks:
            task.stop()
