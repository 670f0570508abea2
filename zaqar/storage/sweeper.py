"""Reclaims what has expired while the service runs."""

import logging
import os
import threading
from collections.abc import Callable

from zaqar.errors import Unavailable

LOG = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between sweeps; http M-5 allows what has expired to be counted for 60."""


class Sweeper:
    """A thread per process that sweeps; it starts with the first request, so that it is never lost in a fork."""

    def __init__(self, sweep: Callable[[], int], interval: float = INTERVAL) -> None:
        self._sweep = sweep
        self._interval = interval
        self._process = 0
        self._stopped = threading.Event()
        self._starting = threading.Lock()

    def process_request(self, req: object, resp: object) -> None:
        """Start in this process, unless it has (middleware)."""
        if self._process != os.getpid():
            self.start()

    def start(self) -> None:
        """Start in this process, once."""
        with self._starting:
            if self._process == os.getpid():
                return
            self._process = os.getpid()
            self._stopped = threading.Event()
            threading.Thread(target=self._run, args=(self._stopped,), name="sweeper", daemon=True).start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopped.set()

    def _run(self, stopped: threading.Event) -> None:
        while not stopped.wait(self._interval):
            try:
                self._sweep()
            except Unavailable as error:
                LOG.warning("What has expired could not be reclaimed: %s", error)
