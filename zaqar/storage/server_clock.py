"""The store's time, which every host that uses the store shares (storage R2.1.3)."""

from typing import Protocol, cast

from zaqar.clock import SteadyTicks, SystemClock, Ticks
from zaqar.errors import Unavailable

_SECOND = 1_000_000

INTERVAL = 60 * _SECOND
"""Microseconds after which the offset is measured again."""

RETRY = _SECOND
"""Microseconds for which the last offset stays, when the server did not answer or there is a reason to ask all the time."""

STEP = _SECOND
"""Microseconds by which the host's wall clock and its steady one may part before the offset is measured again."""


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
    """This host's steady ticks, and how far they were from the server's time when that was measured last.

    The host's wall clock is never believed: somebody may set it. Where it parts from the ticks, by a step or because the
    whole machine stood still, the server is asked again.

    The first reading raises ``Unavailable`` when the server does not tell: the host's own time may be wrong by hours, and
    would release the claims of others.
    """

    def __init__(self, server: TimeSource, host: Ticks | None = None, wall: Ticks | None = None) -> None:
        self._server = server
        self._host = host or SteadyTicks()
        self._wall = wall or SystemClock()
        self._offset: int | None = None
        self._due = 0
        self._earliest = 0
        self._losses = 0
        self._lead = 0

    def microseconds(self) -> int:
        """Return the server's UTC time as microseconds since 1970."""
        here = self._host.microseconds()
        if self._offset is None or here >= (self._earliest if self._is_doubtful(here) else self._due):
            self._measure()
            here = self._host.microseconds()
        return here + cast("int", self._offset)

    def now(self) -> int:
        """Return the server's UTC time as whole seconds since 1970."""
        return self.microseconds() // _SECOND

    def _is_doubtful(self, here: int) -> bool:
        """Tell whether another server may answer by now, or the ticks may have missed something."""
        parted = self._wall.microseconds() - here - self._lead
        return not -STEP < parted < STEP or self._losses != self._server.losses

    def _measure(self) -> None:
        """Measure anew; where the server does not answer, keep the last offset for now."""
        before = self._host.microseconds()
        self._due = self._earliest = before + RETRY  # before: other threads go on with the old offset
        losses = self._server.losses
        lead = self._wall.microseconds() - before
        try:
            there = self._server.microseconds(is_patient=self._offset is None)
        except Unavailable:
            if self._offset is None:
                raise
            # After: a server that hangs takes its time to fail.
            self._due = self._earliest = self._host.microseconds() + RETRY
            return
        self._offset = there - (before + self._host.microseconds()) // 2
        self._losses, self._lead = losses, lead
        self._due = before + INTERVAL
