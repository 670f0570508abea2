"""Moves the wall clock of the Python programs that have this folder on their path; no other clock of the machine.

The file that ``MOVED_WALL_CLOCK`` names has the seconds, which may change while the programs run. (libfaketime moves the
clocks that do not step along with the one that does, or breaks the waiting of threads.)
"""

import os
import time
from pathlib import Path

_FILE = Path(os.environ["MOVED_WALL_CLOCK"])
_plain, _plain_in_nanoseconds = time.time, time.time_ns
_read, _read_in_nanoseconds = time.clock_gettime, time.clock_gettime_ns


def _seconds() -> int:
    return int(_FILE.read_text() or 0)


def _clock_gettime(clock: int) -> float:
    return _read(clock) + (_seconds() if clock == time.CLOCK_REALTIME else 0)


def _clock_gettime_ns(clock: int) -> int:
    return _read_in_nanoseconds(clock) + (_seconds() * 10**9 if clock == time.CLOCK_REALTIME else 0)


time.time = lambda: _plain() + _seconds()
time.time_ns = lambda: _plain_in_nanoseconds() + _seconds() * 10**9
time.clock_gettime = _clock_gettime
time.clock_gettime_ns = _clock_gettime_ns
