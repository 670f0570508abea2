"""Who waits for something new in a queue's outbox: they are many, and it is read for all of them at once."""

import asyncio
import logging
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from zaqar.errors import Unavailable
from zaqar.notification.windows import Windows

LOG = logging.getLogger(__name__)

_AFTER_FAILURE = 1.0
"""Seconds."""


class Reader(Protocol):
    """Who waits."""

    @property
    def cursor(self) -> int:
        """The position behind which something is wanted."""
        ...


Waiting = TypeVar("Waiting", bound=Reader)


class Tail(Generic[Waiting]):
    """Those of one queue that have read everything, by position. ``wake`` is called with each for which there is a notice."""

    def __init__(self, windows: Windows, wake: Callable[[Waiting], None]) -> None:
        self._windows = windows
        self._wake = wake
        self.news = 0
        """How often there was something new, as far as is known."""
        self._waiting: dict[int, set[Waiting]] = {}
        self._ends: dict[int, int] = {}
        """Positions behind which nothing was, and how much news there had been then."""
        self._fetches: dict[int, asyncio.Task[None]] = {}

    def tell(self) -> None:
        """Take note that there may be something new."""
        self.news += 1
        for position in list(self._waiting):
            self._look_behind(position)

    def want(self, reader: Waiting) -> None:
        """Let somebody wait for a notice behind where it is."""
        self._waiting.setdefault(reader.cursor, set()).add(reader)
        self._look_behind(reader.cursor)

    def forget(self, reader: Waiting) -> None:
        """Let somebody wait no longer."""
        waiting = self._waiting.get(reader.cursor, set())
        waiting.discard(reader)
        if not waiting:
            self._waiting.pop(reader.cursor, None)
            self._ends.pop(reader.cursor, None)

    def is_at_end(self, reader: Waiting) -> bool:
        """Tell whether nothing was behind where somebody is, after all the news."""
        return self._ends.get(reader.cursor) == self.news

    def _look_behind(self, position: int) -> None:
        if position not in self._fetches and self._ends.get(position) != self.news:
            self._fetches[position] = asyncio.create_task(self._fetch(position))

    async def _fetch(self, position: int) -> None:
        news = self.news
        is_there = False
        try:
            is_there = await self._windows.fetch(position)
        except Unavailable:
            await asyncio.sleep(_AFTER_FAILURE)  # those that wait ask again
            return
        except Exception:  # the edge of this task: those that wait for it would wait for ever
            LOG.exception("a queue's notices are read again after a mistake")
            await asyncio.sleep(_AFTER_FAILURE)
            return
        finally:
            self._fetches.pop(position)
        if is_there:
            self._ends.pop(position, None)
            for reader in self._waiting.pop(position, ()):
                self._wake(reader)
        elif position in self._waiting:
            self._ends[position] = news
            self._look_behind(position)
