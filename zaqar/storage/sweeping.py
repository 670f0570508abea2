"""Reclaims what has expired while the service runs: a task for each store, so that one that is away stops no other's."""

import logging

from zaqar.background import Task
from zaqar.errors import Unavailable
from zaqar.storage.contract import MessageStore

LOG = logging.getLogger(__name__)

INTERVAL = 2.0
"""Seconds between sweeps; http M-5 allows what has expired to be counted for 60."""


class Sweeping:
    """The sweeps of one store, when it is this process's turn."""

    def __init__(self, store: MessageStore) -> None:
        self._store = store
        self._is_failing = False

    def task(self, *, interval: float = INTERVAL) -> Task:
        """Return the task that sweeps every so many seconds."""
        return Task("sweep", self.sweep, interval=interval, failure="What has expired could not be reclaimed.")

    def sweep(self) -> None:
        """Sweep; say once that the store is away, and once that it answers again."""
        failure: Exception | None = None
        has_tried = False
        try:
            if self._store.is_turn_to_sweep():
                self._store.sweep()
                has_tried = True
        except (Unavailable, OSError) as error:
            failure = error
        # Out of the except block, where oslo.log would add the error's text a second time.
        if failure and not self._is_failing:
            self._is_failing = True
            LOG.warning("What has expired is not reclaimed until the store answers again: %s", failure)
        elif self._is_failing and has_tried:
            self._is_failing = False
            LOG.warning("The store answers again, and what has expired is reclaimed.")
