"""A queue that has something for its subscribers: its leases, what is read of its outbox, and what is saved."""

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Sequence
from typing import Any

from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.models import Lease, Notice, QueueKey, Saved
from zaqar.notification.calls import Calls
from zaqar.notification.counters import Counters
from zaqar.notification.dispatch import Made
from zaqar.notification.recipient import Recipient
from zaqar.notification.settings import NotifierSettings
from zaqar.notification.turns import Turns
from zaqar.notification.windows import Budget, Windows
from zaqar.storage.contract import MessageStore

LOG = logging.getLogger(__name__)

_MOST_AT_ONCE = 100
"""Subscriptions that one call leases or saves."""

_BETWEEN_LEASES = 0.05
"""Seconds between two looks for more to lease, while some are held."""

_AFTER_FAILURE = 1.0
_LONGEST_HELD = 10.0
"""Seconds after which a subscription makes place for others, where all places for leases are taken."""


@dataclasses.dataclass(eq=False)
class Shared:
    """What the queues of one process have in common."""

    settings: NotifierSettings
    clock: Clock
    holder: str
    turns: Turns
    budget: Budget
    made: Made
    counters: Counters
    retry_policy: Callable[[QueueKey], dict[str, Any] | None]
    monotonic: Callable[[], float]
    leased: int = 0
    is_stopping: bool = False

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970."""
        return self.clock.microseconds() // 1000


class Source:
    """Works for one queue as long as there is something to do."""

    def __init__(self, queue: QueueKey, store: MessageStore, calls: Calls, shared: Shared) -> None:
        self.queue = queue
        self.shared = shared
        self.retry_policy: dict[str, Any] | None = None
        self.windows = Windows(self._read, shared.budget)
        self.has_looked = asyncio.Event()
        """Set after the first look for leases."""
        self._store = store
        self._calls = calls
        self._held: dict[str, Recipient] = {}
        self._news = 0
        self._waiting: dict[int, set[Recipient]] = {}
        self._ends: dict[int, int] = {}
        """Positions behind which nothing was, and how much news there had been then."""
        self._fetches: dict[int, asyncio.Task[None]] = {}
        self._awake = asyncio.Event()
        self._is_to_lease = False
        self._is_to_save = False
        self._next_lease = self._last_save = self._next_turns = 0.0

    # --- what others say ----------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Take note that there may be something new."""
        self._news += 1
        self._is_to_lease = True
        for position in list(self._waiting):
            self._look_behind(position)
        self.wake()

    def wake(self) -> None:
        """Look now what is to be done."""
        self._awake.set()

    def ask_to_save(self) -> None:
        """Save soon."""
        self._is_to_save = True
        self._awake.set()

    def want(self, recipient: Recipient) -> None:
        """Give a subscription its turn once there is a notice behind where it is."""
        position = recipient.course.cursor
        self._waiting.setdefault(position, set()).add(recipient)
        self._look_behind(position)

    def is_at_end(self, recipient: Recipient) -> bool:
        """Tell whether nothing was behind where a subscription is, after all the news."""
        return self._ends.get(recipient.course.cursor) == self._news

    @property
    def has_news(self) -> bool:
        """Whether there may be something to lease."""
        return self._is_to_lease

    @property
    def recipients(self) -> Sequence[Recipient]:
        """Those that are held."""
        return list(self._held.values())

    # --- the work -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work until there is nothing to do; no failure ends it."""
        while True:
            try:
                await self._step()
            except Unavailable:
                await asyncio.sleep(_AFTER_FAILURE)
            except Exception:
                LOG.exception("deliveries of a queue go on after a mistake")
                await asyncio.sleep(_AFTER_FAILURE)
            finally:
                self.has_looked.set()
            if not self._held and not self._is_to_lease:
                self.windows.forget()
                return
            await self._pause()

    async def release_all(self) -> None:
        """Save everything, and hold nothing any more."""
        for recipient in self._held.values():
            recipient.is_open = False
        await self._save(self.recipients, releases=lambda _: True)

    async def _step(self) -> None:
        await self._lease()
        await self._delete_gone()
        monotonic = self.shared.monotonic()
        is_due = monotonic - self._last_save >= self.shared.settings.save_interval
        if is_due:
            self._last_save = monotonic
            self._is_to_save = False
            await self._save(self.recipients, releases=self._may_go)
        elif self._is_to_save:
            self._is_to_save = False
            await self._save([one for one in self._held.values() if one.course.has_unsaved], releases=lambda _: False)
        if monotonic >= self._next_turns:  # those that wait for a time, or for a store that did not answer
            self._next_turns = monotonic + self.shared.settings.tick
            for recipient in self._held.values():
                self.shared.turns.add(recipient)

    async def _pause(self) -> None:
        if not self._awake.is_set():
            loop = asyncio.get_running_loop()
            timer = loop.call_later(self.shared.settings.tick, self._awake.set)
            await self._awake.wait()
            timer.cancel()
        self._awake.clear()

    def _may_go(self, recipient: Recipient) -> bool:
        if recipient.may_rest():
            return True
        shared = self.shared
        is_crowded = shared.leased >= shared.settings.most_leased
        return (
            is_crowded and shared.monotonic() - recipient.leased_at > _LONGEST_HELD and not recipient.course.in_progress
        )

    # --- leases -------------------------------------------------------------------------------------------------------

    async def _lease(self) -> None:
        shared = self.shared
        if not self._is_to_lease or shared.is_stopping or (self._held and shared.monotonic() < self._next_lease):
            return
        limit = min(_MOST_AT_ONCE, shared.settings.most_leased - shared.leased)
        if limit <= 0:
            return
        self._is_to_lease = False
        shared.leased += limit
        ends = shared.monotonic() + shared.settings.lease
        leases: Sequence[Lease] = ()
        try:
            leases = await self._calls.run(
                self._store.deliveries.lease,
                self.queue,
                holder=shared.holder,
                seconds=shared.settings.lease,
                limit=limit,
            )
            if leases:
                self.retry_policy = await self._calls.run(shared.retry_policy, self.queue)
        except Unavailable:
            self._is_to_lease = True
            raise
        finally:
            shared.leased -= limit
        for lease in leases:
            self._drop(lease.subscription.id)
            recipient = self._held[lease.subscription.id] = Recipient(self, lease, ends=ends)
            shared.leased += 1
            shared.turns.add(recipient)
        self._next_lease = shared.monotonic() + _BETWEEN_LEASES
        self._is_to_lease = self._is_to_lease or len(leases) == limit

    def _drop(self, subscription_id: str) -> None:
        """Hold a subscription no longer."""
        recipient = self._held.pop(subscription_id, None)
        if recipient is None:
            return
        recipient.is_open = False
        self.shared.leased -= 1
        waiting = self._waiting.get(recipient.course.cursor)
        if waiting is not None:
            waiting.discard(recipient)
            if not waiting:
                self._waiting.pop(recipient.course.cursor)
                self._ends.pop(recipient.course.cursor, None)

    async def _delete_gone(self) -> None:
        for recipient in [one for one in self._held.values() if one.is_gone]:
            await self._calls.run(self._store.subscriptions.delete, self.queue, recipient.parsed_id)
            LOG.info("subscription %s: deleted, as its receiver answered that it is gone", recipient.id)
            self._drop(recipient.id)

    async def _save(self, recipients: Sequence[Recipient], *, releases: Callable[[Recipient], bool]) -> None:
        for start in range(0, len(recipients), _MOST_AT_ONCE):
            await self._save_some(recipients[start : start + _MOST_AT_ONCE], releases)

    async def _save_some(self, recipients: Sequence[Recipient], releases: Callable[[Recipient], bool]) -> None:
        shared = self.shared
        released = {one.id for one in recipients if releases(one)}
        snapshots = [(one, one.snapshot()) for one in recipients]
        news = self._news
        ends = shared.monotonic() + shared.settings.lease
        for one in recipients:
            one.is_resting = one.id in released
        try:
            held = await self._calls.run(
                self._store.deliveries.save,
                self.queue,
                holder=shared.holder,
                seconds=shared.settings.lease,
                saved=[Saved(one.id, snapshot.progress, one.id in released) for one, snapshot in snapshots],
            )
        finally:
            for one in recipients:
                one.is_resting = False
        for one, snapshot in snapshots:
            if self._held.get(one.id) is not one:
                continue
            if one.id in held:
                one.saved(snapshot, held[one.id], ends=ends)
            if one.id in released or one.id not in held:
                self._drop(one.id)
                is_lost = one.id not in held or one.stale_since is not None
                self._is_to_lease = self._is_to_lease or is_lost or self._news != news
            elif one.is_open:
                shared.turns.add(one)

    # --- the outbox ---------------------------------------------------------------------------------------------------

    async def _read(self, after: int, most_bytes: int) -> Sequence[Notice]:
        return await self._calls.run(self._store.deliveries.notices, self.queue, after=after, most_bytes=most_bytes)

    def _look_behind(self, position: int) -> None:
        if position not in self._fetches and self._ends.get(position) != self._news:
            self._fetches[position] = asyncio.create_task(self._fetch(position))

    async def _fetch(self, position: int) -> None:
        news = self._news
        try:
            is_there = await self.windows.fetch(position)
        except Unavailable:
            return  # those that wait ask again
        finally:
            self._fetches.pop(position)
        if is_there:
            self._ends.pop(position, None)
            for recipient in self._waiting.pop(position, ()):
                self.shared.turns.add(recipient)
            return
        if position in self._waiting:
            self._ends[position] = news
            self._look_behind(position)
