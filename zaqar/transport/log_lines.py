"""Many lines for a log, at little cost each: what comes within a moment is written together.

Once a moment is over, whoever adds the next line writes all that wait. A thread of its own comes for the last lines before
a pause only, and for those that somebody would have to wait for (a pipe that is not read, a handler of another kind): in a
busy process it would contend with every request for the interpreter, which cost a tenth of all processor time.

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
    """Lines that wait to be written; ``form`` makes each of what was added, when it is written."""

    def __init__(self, logger: logging.Logger, form: Callable[[Any], str]) -> None:
        self._logger = logger
        self._form = form
        self._waiting: collections.deque[tuple[float, object]] = collections.deque()
        self._moment_ends = 0.0
        self._is_behind = False
        self._is_planned = False
        self._planning = threading.Lock()
        self._writing = threading.Lock()
        self._executor = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix=logger.name)

    def add(self, parts: object, now: float) -> None:
        """Let a line of these parts be written, soon, with the time that it is now by ``time.perf_counter``."""
        self._waiting.append((now, parts))
        if now >= self._moment_ends and not self._is_behind and self._writing.acquire(blocking=False):
            try:
                self._write(may_wait=False)
            finally:
                self._writing.release()
        if not self._is_planned:
            if self._waiting:
                self._plan()
        elif len(self._waiting) > MOST_WAITING:
            self.write()

    def write(self) -> None:
        """Write every line that waits."""
        with self._writing:
            self._write(may_wait=True)

    def _write(self, *, may_wait: bool) -> None:
        now = time.perf_counter()
        self._moment_ends = now + MOMENT
        began = time.time() - now
        # Others add meanwhile.
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        lines = [(began + moment, self._form(parts)) for moment, parts in waiting]
        left = waiting[write(self._logger, lines, may_wait=may_wait) :] if lines else []
        self._waiting.extendleft(reversed(left))
        self._is_behind = bool(left)

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
        """Write what nobody else has written, once they write no more."""
        time.sleep(MOMENT)
        while not self._is_behind and time.perf_counter() < self._moment_ends + MOMENT:
            time.sleep(MOMENT)
        self._is_planned = False
        self.write()
