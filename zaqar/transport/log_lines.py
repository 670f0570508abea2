"""Many lines for a log, at little cost each: what comes within a moment is written together.

Nothing is lost when the process ends in order: the interpreter finishes what an executor has been given, and lines that
come later than that are written at once. A process that is killed takes the last moment's lines with it.
"""

import collections
import concurrent.futures
import logging
import threading
import time

from zaqar.transport.log_writing import write

MOMENT = 0.1
"""Seconds that a line waits for others."""

MOST_WAITING = 10_000
"""Lines that wait for a slow disk or a stalled reader of a pipe before those who add more have to wait for it, too."""


class Lines:
    """Lines that wait to be written by a thread of their own, which starts with the first of them."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._waiting: collections.deque[tuple[float, str]] = collections.deque()
        self._is_planned = False
        self._planning = threading.Lock()
        self._writing = threading.Lock()
        self._executor = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=logger.name)

    def add(self, line: str) -> None:
        """Let the line be written, soon, with the time that it is now."""
        self._waiting.append((time.time(), line))
        if not self._is_planned:
            self._plan()
        elif len(self._waiting) > MOST_WAITING:
            self.write()

    def write(self) -> None:
        """Write every line that waits."""
        with self._writing:
            # Others add meanwhile.
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                write(self._logger, lines)

    def _plan(self) -> None:
        with self._planning:
            if self._is_planned:
                return
            self._is_planned = True
        try:
            self._executor.submit(self._write_soon)
        except RuntimeError:  # the process ends, and starts nothing any more
            self._is_planned = False
            self.write()

    def _write_soon(self) -> None:
        time.sleep(MOMENT)
        self._is_planned = False
        self.write()
