"""The store's time, which every host that uses the store shares (design section 6)."""

import time
from typing import Protocol, cast

from zaqar.clock import Clock, SystemClock
from zaqar.errors import Unavailable

INTERVAL = 60.0
"""Seconds after which the offset is measured again."""

RETRY = 1.0
"""Seconds for which the last offset stays, when the server did not answer or connections are lost all the time."""


class TimeSource(Protocol):
    """A server that tells its time."""

    @property
    def losses(self) -> int:
        """Return how often connections were lost."""
        ...

    def microseconds(self, *, is_patient: bool = False) -> int:
        """Return the server's time as microseconds since 1970, asking once if not patient. Raises ``Unavailable``."""
        ...


class ServerClock:
    """This host's clock, corrected by what it was off from the server's when that was measured last.

    The first reading raises ``Unavailable`` when the server does not tell: the host's own time may be wrong by hours, and
    would release the claims of others.
    """

    def __init__(self, server: TimeSource, host: Clock | None = None) -> None:
        self._server = server
        self._host = host or SystemClock()
        self._offset: int | None = None
        self._due = 0.0
        self._earliest = 0.0
        self._losses = 0

    def microseconds(self) -> int:
        """Return the server's UTC time as microseconds since 1970."""
        is_same = self._losses == self._server.losses
        if self._offset is None or time.monotonic() >= (self._due if is_same else self._earliest):
            self._measure()
        return self._host.microseconds() + cast("int", self._offset)

    def now(self) -> int:
        """Return the server's UTC time as whole seconds since 1970."""
        return self.microseconds() // 1_000_000

    def _measure(self) -> None:
        """Measure anew; where the server does not answer, keep the last offset for now."""
        began = time.monotonic()
        self._due = self._earliest = began + RETRY  # before: other threads go on with the old offset
        losses = self._server.losses
        before = self._host.microseconds()
        try:
            there = self._server.microseconds(is_patient=self._offset is None)
        except Unavailable:
            if self._offset is None:
                raise
            self._earliest = time.monotonic() + RETRY  # after: a server that hangs takes its time to fail
            return
        self._offset = there - (before + self._host.microseconds()) // 2
        self._losses = losses
        self._due = began + INTERVAL
