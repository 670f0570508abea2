"""A queue that has something for its subscribers: its loop, from the first lease to the last."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from zaqar.errors import Unavailable
from zaqar.models import Notice, QueueKey
from zaqar.notification.calls import Calls
from zaqar.notification.leases import Leases
from zaqar.notification.recipient import Recipient
from zaqar.notification.shared import Shared
from zaqar.notification.tail import Tail
from zaqar.notification.windows import Windows
from zaqar.storage.contract import MessageStore

LOG = logging.getLogger(__name__)

_AFTER_FAILURE = 1.0
"""Seconds."""

_POLICY_LASTS = 5.0
"""Seconds."""


class Source:
    """Works for one queue as long as there is something to do."""

    def __init__(self, queue: QueueKey, store: MessageStore, calls: Calls, shared: Shared) -> None:
        self.queue = queue
        self.shared = shared
        self.retry_policy: dict[str, Any] | None = None
        self.windows = Windows(self._read, shared.budget)
        self.tail = Tail(self.windows, Recipient.promise)
        self.leases = Leases(self, store, calls)
        self.has_looked = asyncio.Event()
        """Set after the first look for leases."""
        self._store = store
        self._calls = calls
        self._awake = asyncio.Event()
        self._is_to_save = False
        self._next_save = self._next_turns = self._policy_ends = 0.0

    def tell(self, *, is_change: bool = False) -> None:
        """Take note that there may be something new, or that subscriptions have changed, which is learned by saving."""
        self.leases.are_wanted = True
        if is_change:
            self._next_save = 0.0
        self.tail.tell()
        self.wake()

    def wake(self) -> None:
        """Look now what is to be done."""
        self._awake.set()

    def ask_to_save(self) -> None:
        """Save soon."""
        self._is_to_save = True
        self._awake.set()

    async def learn_policy(self) -> None:
        """Ask now and then what the queue says of retries; while nobody answers, what is known holds."""
        monotonic = self.shared.monotonic()
        if monotonic >= self._policy_ends:
            with contextlib.suppress(Unavailable):
                self.retry_policy = await self._calls.ask(self.shared.retry_policy, self.queue)
            self._policy_ends = monotonic + _POLICY_LASTS

    async def run(self) -> None:
        """Work until there is nothing to do; no failure ends it."""
        while True:
            try:
                await self._step()
            except Unavailable:
                await asyncio.sleep(_AFTER_FAILURE)
            except Exception:  # the edge of this task: nobody else would look after the queue until its leases are over
                LOG.exception("deliveries of a queue go on after a mistake")
                await asyncio.sleep(_AFTER_FAILURE)
            finally:
                self.has_looked.set()
            if not self.leases.recipients and not self.leases.are_wanted:
                self.windows.forget()
                return
            await self._pause()

    async def _step(self) -> None:
        await self.leases.take()
        await self._save()
        await self.leases.look_after()
        if self.leases.recipients:
            await self.learn_policy()
        if self.shared.monotonic() >= self._next_turns:
            # For those that wait for a time to come, or for a store that did not answer.
            self._next_turns = self.shared.monotonic() + self.shared.settings.tick
            for recipient in self.leases.recipients:
                self.shared.turns.add(recipient)

    async def _save(self) -> None:
        monotonic = self.shared.monotonic()
        is_asked, self._is_to_save = self._is_to_save, False
        if monotonic >= self._next_save:
            interval = self.shared.settings.save_interval
            self._next_save = monotonic + (interval / 4 if self.shared.is_crowded else interval)
            await self.leases.save_all()
        elif is_asked:
            await self.leases.save_changed()

    async def _pause(self) -> None:
        if not self._awake.is_set():
            wait = self.leases.wait()
            tick = self.shared.settings.tick
            timer = asyncio.get_running_loop().call_later(tick if wait is None else min(wait, tick), self._awake.set)
            await self._awake.wait()
            timer.cancel()
        self._awake.clear()

    async def _read(self, after: int, most_bytes: int) -> Sequence[Notice]:
        return await self._calls.run(self._store.deliveries.notices, self.queue, after=after, most_bytes=most_bytes)
