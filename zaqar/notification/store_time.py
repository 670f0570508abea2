"""The time of a store, for a loop that must not wait for one."""

from collections.abc import Callable

from zaqar.clock import SteadyTicks, SystemClock, Ticks


class StoreTime:
    """This host's steady ticks, and how far they were from a store's time when it answered last (``follow``).

    A store that is asked the time may wait for its server, or raise ``Unavailable``; this does neither. Before the store has
    answered there is nothing of which the time could decide anything.
    """

    def __init__(self, ask: Callable[[], int], ticks: Ticks | None = None) -> None:
        self._ask = ask
        self._ticks = ticks or SteadyTicks()
        self._offset = SystemClock().microseconds() - self._ticks.microseconds()

    def microseconds(self) -> int:
        """Return the store's UTC time as microseconds since 1970."""
        return self._ticks.microseconds() + self._offset

    def now(self) -> int:
        """Return the store's UTC time as whole seconds since 1970."""
        return self.microseconds() // 1_000_000

    def follow(self) -> None:
        """Ask the store, in a thread that may wait. Raises ``Unavailable``."""
        there = self._ask()
        self._offset = there - self._ticks.microseconds()
