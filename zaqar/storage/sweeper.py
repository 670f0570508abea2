"""Reclaims what has expired while the service runs."""

import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable

from zaqar.errors import Unavailable

LOG = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between sweeps; http M-5 allows what has expired to be counted for 60."""


class Sweeper:
    """A thread per process that sweeps; it starts with the first request, so that it is never lost in a fork."""

    def __init__(self, sweep: Callable[[], object], interval: float = INTERVAL) -> None:
        """``sweep`` returns False when there was nothing to try, because it is another process's turn."""
        self._sweep = sweep
        self._interval = interval
        self._is_failing = False
        self._is_started = False
        self._stopped = threading.Event()
        self._starting = threading.Lock()
        # Asking for the process id at each request would be felt.
        forget = weakref.WeakMethod(self.forget_parent)
        os.register_at_fork(after_in_child=lambda: (method := forget()) and method())

    def process_request(self, req: object, resp: object) -> None:
        """Start in this process, unless it has (middleware)."""
        if not self._is_started:
            self.start()

    def start(self) -> None:
        """Start in this process, once."""
        with self._starting:
            if self._is_started:
                return
            self._is_started = True
            self._stopped = threading.Event()
            self._begin(self._stopped)

    def forget_parent(self) -> None:
        """Be ready to start anew in a forked process, where the thread is not."""
        self._is_started = False
        self._starting = threading.Lock()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopped.set()

    def _begin(self, stopped: threading.Event) -> None:
        threading.Thread(target=self._run, args=(stopped,), name="sweeper", daemon=True).start()

    def _run(self, stopped: threading.Event) -> None:
        has_failed = True
        try:
            while not stopped.wait(self._interval):
                self._reclaim()
            has_failed = False
        finally:
            if has_failed:
                # A mistake ends this thread, with its traceback; without another in its place no space would be reclaimed.
                LOG.error("What has expired could not be reclaimed.", exc_info=sys.exc_info())
                self._begin(stopped)

    def _reclaim(self) -> None:
        failure: Exception | None = None
        has_tried = False
        try:
            has_tried = self._sweep() is not False
        except (Unavailable, OSError) as error:
            failure = error
        # Out of the except block, where oslo.log would add the error's text a second time.
        if failure and not self._is_failing:  # said once, not every two seconds
            self._is_failing = True
            LOG.warning("What has expired is not reclaimed until the store answers again: %s", failure)
        elif self._is_failing and has_tried:
            self._is_failing = False
            LOG.warning("The store answers again, and what has expired is reclaimed.")
