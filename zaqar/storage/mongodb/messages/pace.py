"""What is done at most once a second for each queue in a process."""

import threading

from zaqar import forks
from zaqar.clock import Clock

_REMEMBERED = 10_000
"""Queues of which it is remembered, at most: beyond, all is forgotten."""


class Pace:
    """Remembers the second at which something was done last, by scope."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Begin anew in a forked process."""
        self._lock = threading.Lock()
        self._done: dict[str, int] = {}

    def is_turn(self, scope: str) -> bool:
        """Tell whether it was not done for a second; then it is the caller's to do."""
        now = self._clock.now()
        with self._lock:
            if self._done.get(scope) == now:
                return False
            if len(self._done) >= _REMEMBERED:
                self._done.clear()
            self._done[scope] = now
        return True
