"""Gives each worker CPUs of its own, out of those that the service may use.

A *place* is one worker's share of the CPUs. A worker holds its place by locking a byte of an anonymous file that all
workers inherit. The kernel releases the lock when the worker ends, however it ends, so its replacement finds the place
free.
"""

import contextlib
import fcntl
import itertools
import os
from collections.abc import Iterator, Sequence

# How many workers can hold one place at a time: after a reload, old workers hold theirs beside their successors.
GENERATIONS = 64
# Bytes of each number that is kept in the file.
WORD = 8


class Places:
    """The places of the workers; the parent makes this before it forks them."""

    def __init__(self) -> None:
        self._file = os.memfd_create("places")

    def pin(self, workers: int) -> None:
        """Keep this process, and threads that it starts later, on the CPUs of the place that fewest workers hold."""
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, shares(cpus, workers)[self._take(workers)])

    def _take(self, workers: int) -> int:
        with self._alone():
            free: list[list[int]] = [[] for _ in range(workers)]
            for byte in range(workers * GENERATIONS):
                if self._lock(byte):
                    fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte + 1)
                    free[byte % workers].append(byte)
            # Of places with equally many workers, take the one whose worker is oldest: that one is replaced first.
            place = min(range(workers), key=lambda number: (-len(free[number]), self._taken_at(number)))
            if free[place]:
                self._lock(free[place][0])
            os.pwrite(self._file, (1 + max(map(self._taken_at, range(workers)))).to_bytes(WORD, "big"), place * WORD)
            return place

    def _taken_at(self, place: int) -> int:
        """Return the running number of the last taking of a place, counted over all places; 0 for never."""
        return int.from_bytes(os.pread(self._file, WORD, place * WORD), "big")

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte + 1)
        except BlockingIOError:
            return False
        return True

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        # The first byte belongs to no place: a worker locks it while it looks for its place.
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, 0)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 0)


def shares(cpus: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Return the CPUs of each worker: equal parts that share no CPU, or one CPU each, in turn, if there are too few."""
    if len(cpus) < workers:
        return [[cpus[number % len(cpus)]] for number in range(workers)]
    ends = [number * len(cpus) // workers for number in range(workers + 1)]
    return [cpus[begin:end] for begin, end in itertools.pairwise(ends)]
