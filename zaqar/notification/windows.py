"""Stretches of a queue's outbox that its subscriptions read together."""

import asyncio
import bisect
import collections
from collections.abc import Awaitable, Callable, Sequence

from zaqar.models import Notice

_MOST_BYTES = 256 * 1024
"""Of bodies that one read asks for; a post may be of more than that."""

_OVERHEAD = 500
"""Bytes that a notice takes beside its bodies, about."""

_MOST_OF_A_QUEUE = 8

Read = Callable[[int, int], Awaitable[Sequence[Notice]]]
"""Reads the notices behind a position, of so many bytes."""


class Window:
    """The notices behind a position, in order, up to some position: no other appears among them."""

    __slots__ = ("after", "lasts", "notices", "size")

    def __init__(self, after: int, notices: Sequence[Notice]) -> None:
        self.after = after
        self.notices = notices
        self.lasts = [notice.last for notice in notices]
        self.size = sum(_OVERHEAD + sum(len(message.body) for message in notice.messages) for notice in notices)

    def following(self, position: int) -> Notice | None:
        """Return the first notice with a message behind a position, if the window has it."""
        if position < self.after or not self.lasts or position >= self.lasts[-1]:
            return None
        return self.notices[bisect.bisect_right(self.lasts, position)]


class Budget:
    """How much all windows of all queues may take together; those that were not used for long make place."""

    def __init__(self, most_bytes: int) -> None:
        self._left = most_bytes
        self._kept: collections.OrderedDict[Window, list[Window]] = collections.OrderedDict()

    def add(self, window: Window, place: list[Window]) -> None:
        """Keep a window in its queue's place."""
        place.append(window)
        self._kept[window] = place
        self._left -= window.size
        if len(place) > _MOST_OF_A_QUEUE:
            self.remove(place[0])
        while self._left < 0 and len(self._kept) > 1:
            self.remove(next(iter(self._kept)))

    def touch(self, window: Window) -> None:
        """Note that a window is used."""
        self._kept.move_to_end(window)

    def remove(self, window: Window) -> None:
        """Keep it no longer."""
        self._kept.pop(window).remove(window)
        self._left += window.size


class Windows:
    """Those of one queue. Whoever asks for the same stretch waits for the same read."""

    def __init__(self, read: Read, budget: Budget) -> None:
        self._read = read
        self._budget = budget
        self._kept: list[Window] = []
        self._reads: dict[tuple[int, int], asyncio.Task[Sequence[Notice]]] = {}

    def following(self, position: int) -> Notice | None:
        """Return the first notice with a message behind a position, if it is at hand."""
        for window in reversed(self._kept):
            notice = window.following(position)
            if notice is not None:
                self._budget.touch(window)
                return notice
        return None

    async def fetch(self, position: int) -> bool:
        """Have what is behind a position at hand; tell whether there is something."""
        if self.following(position) is not None:
            return True
        notices = await self._shared(position, _MOST_BYTES)
        if notices and self.following(position) is None:
            self._budget.add(Window(position, notices), self._kept)
        return bool(notices)

    async def containing(self, position: int) -> Notice | None:
        """Return the notice with the message at a position, read by itself if need be; None if it is gone."""
        notice = self.following(position - 1)
        if notice is None:
            notices = await self._shared(position - 1, 1)
            notice = notices[0] if notices else None
        return notice if notice is not None and notice.first <= position else None

    def forget(self) -> None:
        """Keep none."""
        for window in list(self._kept):
            self._budget.remove(window)

    async def _shared(self, position: int, most_bytes: int) -> Sequence[Notice]:
        key = (position, most_bytes)
        read = self._reads.get(key)
        if read is None:
            read = self._reads[key] = asyncio.ensure_future(self._read(position, most_bytes))
            read.add_done_callback(lambda done: self._end(key, done))
        return await asyncio.shield(read)

    def _end(self, key: tuple[int, int], read: asyncio.Task[Sequence[Notice]]) -> None:
        del self._reads[key]
        if not read.cancelled():
            read.exception()  # it may be that nobody waits for it any more
