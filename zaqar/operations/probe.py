"""Whether the stores answer, found out at most once a second, whoever asks how often."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from zaqar import forks

LOG = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds that an answer holds good."""
PATIENCE = 1.0
"""Seconds that a store has to answer."""

_SILENT = "A store does not answer."

Look = Callable[[], Sequence[str]]
"""Asks the stores; returns a sentence for each that is not well."""


class Probe:
    """Asks the stores in a thread of its own, one at a time: a store that hangs holds no request for long."""

    def __init__(
        self,
        look: Look,
        *,
        interval: float = INTERVAL,
        patience: float = PATIENCE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._interval = interval
        self._patience = patience
        self._monotonic = monotonic
        self._said: Sequence[str] = ()
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Begin anew in a forked process, where the thread is not."""
        self._lock = threading.Lock()
        self._began = float("-inf")
        self._answer: Future[Sequence[str]] = Future()
        self._answer.set_result(())

    def complaints(self) -> Sequence[str]:
        """Return what is wrong, a sentence for each store; nothing where all are well."""
        with self._lock:
            # One that has not ended is not joined by another, so that there is never more than one thread.
            if self._answer.done() and self._monotonic() - self._began >= self._interval:
                self._began = self._monotonic()
                self._answer = Future()
                threading.Thread(target=self._ask, args=(self._answer,), name="probe", daemon=True).start()
            answer, left = self._answer, self._began + self._patience - self._monotonic()
        try:
            return self._told(answer.result(max(0.0, left)))
        except TimeoutError:
            return self._told((_SILENT,))

    def _ask(self, answer: "Future[Sequence[str]]") -> None:
        try:
            answer.set_result(tuple(self._look()))
        except Exception:  # what cannot be asked is not well
            LOG.exception("A store cannot be asked whether it is well.")
            answer.set_result((_SILENT,))

    def _told(self, complaints: Sequence[str]) -> Sequence[str]:
        """Write a change into the log, and nothing while it stays as it is."""
        if complaints != self._said:
            self._said = complaints
            for sentence in complaints:
                LOG.warning("The service is not well: %s", sentence)
            if not complaints:
                LOG.info("The service is well again.")
        return complaints
