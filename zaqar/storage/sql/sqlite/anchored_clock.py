"""The embedded store's time: it rests on the uptime of the host, so no step of the wall clock moves it.

All processes that share a database read one *anchor* from it: what the service's time was at some uptime of this boot.
A process that starts after a step, or a service that is restarted after one, goes on with the same time. From there
the time approaches the wall clock slowly. After a reboot it starts from the wall clock, never before the last anchor.
"""

import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from zaqar.clock import Clock, SystemClock

SECOND = 1_000_000
"""All times here are microseconds, but for the host's own counter."""

RENEWAL = 60 * SECOND
"""How old an anchor is before the time is corrected."""

KEEPING = 3600 * SECOND
"""How old an anchor gets where there is nothing to correct: after a reboot the time starts no earlier than the last."""

TOLERANCE = SECOND // 20
"""A difference from the wall clock that is left alone."""

CATCHING_UP, GIVING_BACK = 1000, 100
"""The part of the elapsed time by which a correction moves forward or back.

Forward ends claims early, by 0.06 s in a minute, less than the part of a second that is dropped from their start.
"""

_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Anchor(NamedTuple):
    """The service's time at an uptime of one boot; ``is_behind`` while the wall clock is known to have been set wrong."""

    boot: str
    uptime: int
    time: int
    is_behind: bool


class Host(Protocol):
    """What tells the time of this machine."""

    boot: str
    nanoseconds: Callable[[], int]
    """Returns the time since the machine was booted, sleep included."""

    def time(self) -> int:
        """Return what the wall clock shows, in microseconds since 1970."""
        ...


class LinuxHost:
    """The kernel's clocks."""

    def __init__(self) -> None:
        self.boot = _BOOT.read_text().strip()
        self.nanoseconds: Callable[[], int] = functools.partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)

    def time(self) -> int:
        """Return what the wall clock shows, in microseconds since 1970."""
        return time.time_ns() // 1000


Change = Callable[[Anchor | None], Anchor | None]
Keep = Callable[[Change], Anchor]
"""Reads the anchor of the database, replaces it by what the change returns unless that is None, returns the one in force."""


class AnchoredClock:
    """The time of one database. ``start`` comes before the first reading, ``follow`` every few seconds."""

    def __init__(self, keep: Keep, host: Host) -> None:
        self._keep = keep
        self._host = host
        self._nanoseconds = host.nanoseconds
        self._offset = 0

    def microseconds(self) -> int:
        """Return the service's UTC time as microseconds since 1970."""
        return self._nanoseconds() // 1000 + self._offset

    def now(self) -> int:
        """Return the service's UTC time as whole seconds since 1970."""
        return (self._nanoseconds() // 1000 + self._offset) // SECOND

    def start(self) -> None:
        """Take over the anchor of this boot, or set one."""
        self._adopt(self._keep(self._begun))

    def follow(self) -> None:
        """Take over the corrections of other processes, and correct where it is time to."""
        self._adopt(self._keep(self._corrected))

    def _uptime(self) -> int:
        return self._nanoseconds() // 1000

    def _adopt(self, anchor: Anchor) -> None:
        self._offset = anchor.time - anchor.uptime

    def _begun(self, last: Anchor | None) -> Anchor | None:
        """Return the anchor for this boot unless there is one."""
        if last is not None and last.boot == self._host.boot:
            return None
        wall = self._host.time()
        least = wall if last is None else last.time
        return Anchor(self._host.boot, self._uptime(), max(wall, least), is_behind=wall < least)

    def _corrected(self, last: Anchor | None) -> Anchor | None:
        """Return an anchor nearer to the wall clock; None where the last is young or good enough."""
        if last is None or last.boot != self._host.boot:
            return self._begun(last)
        uptime = self._uptime()
        elapsed = uptime - last.uptime
        ahead = self._host.time() - (last.time + elapsed)
        if last.is_behind and ahead >= 0:
            # The wall clock was set wrong when the machine started, and is right by now: nothing to be careful about.
            return Anchor(last.boot, uptime, last.time + elapsed + ahead, is_behind=False)
        if elapsed < (RENEWAL if abs(ahead) > TOLERANCE else KEEPING):
            return None
        lasted = min(elapsed, KEEPING)
        shift = max(min(ahead, lasted // CATCHING_UP), -lasted // GIVING_BACK)
        return Anchor(last.boot, uptime, last.time + elapsed + shift, is_behind=last.is_behind)


def clock_of(keep: Keep) -> Clock:
    """Return the clock of a database; where the host does not tell its boots apart, that is the host's wall clock."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return SystemClock()
    try:
        return AnchoredClock(keep, LinuxHost())
    except OSError:
        return SystemClock()
