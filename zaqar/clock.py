"""Time as an argument: UTC, whole seconds, moved by hand in tests."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the service takes its time from."""

    def microseconds(self) -> int:
        """Return the UTC time as microseconds since 1970."""
        ...

    def now(self) -> int:
        """Return the UTC time as whole seconds since 1970 (storage R2.1.1)."""
        ...


class SystemClock:
    """The clock of this host."""

    def microseconds(self) -> int:
        """Return the UTC time as microseconds since 1970."""
        return time.time_ns() // 1000

    def now(self) -> int:
        """Return the UTC time as whole seconds since 1970."""
        return int(time.time())
