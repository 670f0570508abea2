"""Time as an argument: UTC, whole seconds, moved by hand in tests."""

import time
from typing import Protocol

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # only Linux has one of its own for the time asleep


class Ticks(Protocol):
    """What counts microseconds, from wherever it began."""

    def microseconds(self) -> int:
        """Return the count."""
        ...


class Clock(Ticks, Protocol):
    """Where the service takes its time from."""

    def microseconds(self) -> int:
        """Return the UTC time as microseconds since 1970."""
        ...

    def now(self) -> int:
        """Return the UTC time as whole seconds since 1970 (storage R2.1.1)."""
        ...


class SystemClock:
    """The clock of this host, which steps where somebody sets it."""

    def microseconds(self) -> int:
        """Return the UTC time as microseconds since 1970."""
        return time.time_ns() // 1000

    def now(self) -> int:
        """Return the UTC time as whole seconds since 1970."""
        return int(time.time())


class SteadyTicks:
    """The time since this host was started: it never steps, and goes on while the host sleeps."""

    def microseconds(self) -> int:
        """Return the microseconds since the start."""
        return time.clock_gettime_ns(_STEADY) // 1000


def age(now: int, since: int) -> int:
    """Return the seconds that have passed: none where the clock stood later when they began to count."""
    return now - since if now > since else 0
