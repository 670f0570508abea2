"""Writes what a process changed in the counters, in the background."""

import logging
from collections.abc import Callable

from zaqar.background import Task
from zaqar.errors import Unavailable
from zaqar.storage.mongodb.messages.counters import Counters

LOG = logging.getLogger(__name__)

PAUSE = 0.1
"""Seconds that a change waits to be written, at most."""

PAUSE_AFTER_FAILURE = 1.0
"""The same after a failure; an outage is logged once, a mistake each time."""


class Writer:
    """Writes the changes, for one store."""

    def __init__(self, counters: Counters, write: Callable[[str], object]) -> None:
        self._counters = counters
        self._write = write
        self._is_away = False
        self.task = Task(
            "counters",
            self._write_soon,
            interval=PAUSE,
            after_mistake=PAUSE_AFTER_FAILURE,
            failure="Counters of queues could not be written yet.",
            is_wanted=lambda: bool(counters.scopes()),
        )
        counters.join(self.task.start)

    def write_all(self) -> None:
        """Write everything now. Raises ``Unavailable``."""
        for scope in self._counters.scopes():
            self._write(scope)

    def stop(self) -> None:
        """Write what is left, if the server answers, and wait for the thread."""
        self._counters.leave(self.task.start)
        self.task.stop()
        try:
            self.write_all()
        except Unavailable as error:
            LOG.warning("Counters of queues were not written, the next sweep will count: %s", error)

    def _write_soon(self) -> float:
        """Write; return the seconds until the next time."""
        try:
            self.write_all()
        except Unavailable as error:
            if not self._is_away:
                LOG.warning("Counters of queues could not be written yet: %s", error)
            self._is_away = True
            return PAUSE_AFTER_FAILURE
        self._is_away = False
        return PAUSE
