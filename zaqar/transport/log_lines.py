"""Many lines for a log, at little cost each: what comes within a moment is written together.

Nothing is lost when the process ends in order: the interpreter finishes what an executor has been given, and lines that
come later than that are written at once. A process that is killed takes the last moment's lines with it.
"""

import collections
import concurrent.futures
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from zaqar.transport.log_writing import write

MOMENT = 0.1
"""Seconds that a line waits for others."""

MOST_WAITING = 10_000
"""Lines that wait for a slow disk or a stalled reader of a pipe before those who add more have to wait for it, too."""


class Lines:
    """Lines that wait to be written by a thread of their own, which starts with the first of them."""

    def __init__(self, logger: logging.Logger, form: Callable[[Any], str]) -> None:
        """Let ``form`` make each line of what was added, later, in the thread that writes."""
        self._logger = logger
        self._form = form
        self._waiting: collections.deque[tuple[float, object]] = collections.deque()
        self._is_planned = False
        self._planning = threading.Lock()
        self._writing = threading.Lock()
        self._executor = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=logger.name)

    def add(self, parts: object) -> None:
        """Let a line of these parts be written, soon, with the time that it is now."""
        self._waiting.append((time.time(), parts))
        if not self._is_planned:
            self._plan()
        elif len(self._waiting) > MOST_WAITING:
            self.write()

    def write(self) -> None:
        """Write every line that waits."""
        with self._writing:
            # Others add meanwhile.
            waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if waiting:
                write(self._logger, [(moment, self._form(parts)) for moment, parts in waiting])

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
