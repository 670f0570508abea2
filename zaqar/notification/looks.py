"""When to look again whether a queue has something to lease, of which nobody has told."""

import dataclasses
import random
from collections.abc import Callable, Iterable

from zaqar.models import QueueKey

_SLOWEST = (1.5, 2.5)
"""In sweeps: with what a sweep adds, two or three. The spread keeps a thousand queues from coming together."""


@dataclasses.dataclass
class _Look:
    wakes_ms: int | None
    """When something is to be tried again, as far as is known."""
    since: float | None = None
    """From when on nothing was found."""
    next: float = 0.0


class Looks:
    """What the looks of the sweep have found, for the queues that it comes to.

    A queue in which nothing was found is looked at with each sweep for as long as the lease of a process that has died may last, then
    every two or three sweeps, and once what is known to be tried again is due. What is kept is of the queues of the last sweep.
    """

    def __init__(self, *, lease: float, interval: float, monotonic: Callable[[], float]) -> None:
        self._quick = lease + interval
        self._interval = interval
        self._monotonic = monotonic
        self._looks: dict[QueueKey, _Look] = {}

    def is_due(self, queue: QueueKey, now_ms: int) -> bool:
        """Tell whether to look at a queue in this sweep."""
        look = self._looks.get(queue)
        return look is None or self._monotonic() >= look.next or (look.wakes_ms is not None and look.wakes_ms <= now_ms)

    def found_nothing(self, queue: QueueKey, now_ms: int) -> None:
        """Take note that there was nothing to lease."""
        look = self._looks.setdefault(queue, _Look(None))
        monotonic = self._monotonic()
        if look.wakes_ms is not None and look.wakes_ms <= now_ms:
            look.wakes_ms = look.since = None
        if look.since is None:
            look.since = monotonic
        is_quick = monotonic - look.since < self._quick
        look.next = 0.0 if is_quick else monotonic + self._interval * random.uniform(*_SLOWEST)

    def rests(self, queue: QueueKey, wakes_ms: int | None) -> None:
        """Take note that what was leased was given back, and when the next of it is due."""
        self._looks[queue] = _Look(wakes_ms)

    def forget(self, queue: QueueKey) -> None:
        """Look with the next sweep, as something has changed."""
        self._looks.pop(queue, None)

    def keep(self, queues: Iterable[QueueKey]) -> None:
        """Forget all other queues."""
        self._looks = {queue: self._looks[queue] for queue in queues if queue in self._looks}
