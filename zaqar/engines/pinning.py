"""CPUs of its own for each worker, out of those that the service may use.

Which place a worker has is told by locks on the bytes of an anonymous file that the workers inherit: the kernel releases
them when a worker is gone, however it went, and its replacement finds the place free.
"""

import contextlib
import fcntl
import itertools
import os
from collections.abc import Iterator, Sequence

# Workers that are replaced on a reload have their places next to those of their successors.
GENERATIONS = 64
# Bytes of a number in the file.
WORD = 8


class Places:
    """The places of a number of workers, made in their parent."""

    def __init__(self) -> None:
        self._file = os.memfd_create("places")

    def pin(self, workers: int) -> None:
        """Keep this process, and every thread that it starts from now on, on the CPUs of the emptiest place."""
        cpus = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, shares(cpus, workers)[self._take(workers)])

    def _take(self, workers: int) -> int:
        with self._alone():
            free: list[list[int]] = [[] for _ in range(workers)]
            for byte in range(workers * GENERATIONS):
                if self._lock(byte):
                    fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte + 1)
                    free[byte % workers].append(byte)
            # Of places that are equally empty the one that was taken first: who has it will be replaced first.
            place = min(range(workers), key=lambda number: (-len(free[number]), self._taken_at(number)))
            if free[place]:
                self._lock(free[place][0])
            os.pwrite(self._file, (1 + max(map(self._taken_at, range(workers)))).to_bytes(WORD, "big"), place * WORD)
            return place

    def _taken_at(self, place: int) -> int:
        """Return when a place was taken last, counted in takings of any; 0 for never."""
        return int.from_bytes(os.pread(self._file, WORD, place * WORD), "big")

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte + 1)
        except BlockingIOError:
            return False
        return True

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        # The first byte is no place: who holds it is looking for one.
        fcntl.lockf(self._file, fcntl.LOCK_EX, 1, 0)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 0)


def shares(cpus: Sequence[int], workers: int) -> list[Sequence[int]]:
    """Return the CPUs of each worker: equal parts without a common CPU, or one each, in turn, where there are too few."""
    if len(cpus) < workers:
        return [[cpus[number % len(cpus)]] for number in range(workers)]
    ends = [number * len(cpus) // workers for number in range(workers + 1)]
    return [cpus[begin:end] for begin, end in itertools.pairwise(ends)]
