"""Delivers what is in the outboxes of all queues, for one process.

Bounds of memory: of notices 32 MiB (``NotifierSettings.most_window_bytes``), beside those of the attempts in progress, of which
there are ``max_workers``, each with its post and the request made of one of its messages; of subscriptions those of at most 1,000
leases (``most_leased``), with their options (64 KiB at most each) and 70 records of what fails and what came of it. Nothing grows
with a backlog.
"""

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.notification.calls import Calls
from zaqar.notification.counters import Counters, Counts
from zaqar.notification.dead_letters import DeadLetters
from zaqar.notification.dispatch import Confirmation, Decrypted, Made
from zaqar.notification.kinds.kind import SubscriberKind, Surroundings
from zaqar.notification.looks import Looks
from zaqar.notification.settings import NotifierSettings
from zaqar.notification.shared import Shared
from zaqar.notification.source import Source
from zaqar.notification.store_time import StoreTime
from zaqar.notification.threads import Threads
from zaqar.notification.turns import Turns
from zaqar.notification.windows import Budget
from zaqar.notification.worker import Worker
from zaqar.storage.contract import MessageStore

LOG = logging.getLogger(__name__)

_THREADS_OF_A_KIND = 16
"""As many calls of its own a kind of subscribers can wait for."""


class Notifier:
    """Finds queues that have something to deliver, at the start, each second and when it is told, and works for them.

    ``run`` works in the thread that calls it, ``start`` in one of its own, until ``stop``. ``retry_policy`` returns the
    metadata ``_retry_policy`` of a queue; it, like the stores and ``post_copy``, is called in threads and may raise ``Unavailable``. Without a
    ``clock`` the time is that of the first store: this host's own may be wrong, and what ends or is tried again is the store's.
    """

    def __init__(  # noqa: PLR0913 - all that delivering is handed
        self,
        *,
        stores: Sequence[MessageStore],
        settings: NotifierSettings,
        kinds: Mapping[str, SubscriberKind],
        post_copy: Callable[..., None],
        retry_policy: Callable[[QueueKey], dict[str, Any] | None],
        decrypted: Decrypted,
        confirmation: Confirmation | None,
        clock: Clock | None = None,
    ) -> None:
        self._stores = stores
        self._settings = settings
        self._retry_policy = retry_policy
        self._made = Made(decrypted, confirmation)
        self._kinds = kinds
        self._post_copy = post_copy
        self._time = StoreTime(stores[0].microseconds)
        self._clock = clock or self._time
        self._counters = Counters()
        self._delivering: _Delivering | None = None
        self._is_stopped = threading.Event()
        self._has_begun = threading.Lock()
        self._thread = threading.Thread(target=self.run, name="notifier", daemon=True)

    def start(self) -> None:
        """Begin to deliver, in a thread."""
        self._thread.start()

    def run(self) -> None:
        """Deliver until stopped."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """Begin nothing more; what is in progress has a few seconds to end. Returns at once, from any thread."""
        self._is_stopped.set()
        self._call(lambda delivering: delivering.stop())

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended."""
        self._thread.join(timeout)

    def tell(self, queue: QueueKey, *, is_change: bool = False) -> None:
        """Say that a queue has something new, or that its subscriptions have changed; from any thread, never raises or waits."""
        self._call(lambda delivering: delivering.tell(queue, is_change=is_change))

    def counts(self) -> Counts:
        """Return what was done so far."""
        delivering = self._delivering
        held = [] if delivering is None else delivering.held()
        return Counts(
            delivered=self._counters.delivered,
            failed_attempts=self._counters.failed_attempts,
            given_up=self._counters.given_up,
            pending=sum(pending for pending in held),
            subscriptions=len(held),
        )

    def _call(self, act: "Callable[[_Delivering], None]") -> None:
        delivering = self._delivering
        if delivering is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended
                delivering.loop.call_soon_threadsafe(act, delivering)

    async def _run(self) -> None:
        shared = Shared(
            settings=self._settings,
            clock=self._clock,
            holder=secrets.token_hex(8),
            turns=Turns(self._settings.max_workers),
            budget=Budget(self._settings.most_window_bytes),
            made=self._made,
            kinds=self._kinds,
            dead_letters=DeadLetters(self._post_copy),
            counters=self._counters,
            retry_policy=self._retry_policy,
            monotonic=time.monotonic,
        )
        async with contextlib.AsyncExitStack() as stack:
            stack.callback(shared.dead_letters.close)
            for kind in set(self._kinds.values()):
                threads = Threads(f"notifier-{type(kind).__name__}", _THREADS_OF_A_KIND)
                stack.callback(threads.close)
                kind.load()
                await kind.open(Surroundings(in_thread=threads.run, post_copy=self._post_copy))
                stack.push_async_callback(kind.close)
            self._delivering = _Delivering(self._stores, shared, self._time)
            if not self._is_stopped.is_set():
                await self._delivering.run()


class _Delivering:
    """What runs in the loop."""

    def __init__(self, stores: Sequence[MessageStore], shared: Shared, time: StoreTime) -> None:
        self.loop = asyncio.get_running_loop()
        self._stores = [(store, Calls(time.follow)) for store in stores]
        self._shared = shared
        known = shared.settings
        self._looks = [
            Looks(lease=known.lease, interval=known.sweep_interval, monotonic=shared.monotonic) for _ in stores
        ]
        self._sources: dict[tuple[int, QueueKey], Source] = {}
        self._running: dict[Source, asyncio.Task[None]] = {}
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self._stopped.set()

    def tell(self, queue: QueueKey, *, is_change: bool) -> None:
        if not self._shared.is_stopping:
            for number, looks in enumerate(self._looks):
                looks.forget(queue)
                self._source(number, queue).tell(is_change=is_change)

    def held(self) -> list[int]:
        """Return, for each subscription that is held, how many messages are under way."""
        courses = [one.course for source in list(self._sources.values()) for one in source.leases.recipients]
        return [len(course.failing) + course.in_progress for course in courses]

    async def run(self) -> None:
        """Deliver until stopped, then save how far that is."""
        places = range(self._shared.settings.max_workers)
        workers = [asyncio.create_task(Worker(self._shared.turns).run()) for _ in places]
        sweeps = [asyncio.create_task(self._sweep(number)) for number in range(len(self._stores))]
        try:
            await self._stopped.wait()
        finally:
            self._shared.is_stopping = True
            await self._end(sweeps)
            await self._finish()
            await self._end(workers)
            await self._end(self._running.values())
            await self._release()
            for _, calls in self._stores:
                calls.close()

    def _source(self, number: int, queue: QueueKey) -> Source:
        source = self._sources.get((number, queue))
        if source is None:
            store, calls = self._stores[number]
            source = self._sources[number, queue] = Source(queue, store, calls, self._shared)
            task = self._running[source] = asyncio.create_task(source.run())
            task.add_done_callback(lambda _: self._forget(number, queue))
        return source

    def _forget(self, number: int, queue: QueueKey) -> None:
        if self._shared.is_stopping:
            return
        source = self._sources.pop((number, queue))
        del self._running[source]
        if source.leases.have_been:
            self._looks[number].rests(queue, source.leases.wakes_ms)
        if source.leases.are_wanted:
            self._source(number, queue).tell()

    async def _sweep(self, number: int) -> None:
        """Look for queues with something to deliver, of which nobody may have told."""
        store, calls = self._stores[number]
        while True:
            try:
                queues = await calls.run(store.deliveries.sources)
                self._looks[number].keep(queues)
                for queue in queues:
                    await self._look(number, queue)
            except Unavailable:
                LOG.debug("the search for deliveries goes on when the store answers")
            except Exception:  # the edge of this task: nothing of other hosts, or of a crash, would be found any more
                LOG.exception("the search for deliveries goes on after a mistake")
            await asyncio.sleep(self._shared.settings.sweep_interval)

    async def _look(self, number: int, queue: QueueKey) -> None:
        looks = self._looks[number]
        if (number, queue) not in self._sources and not looks.is_due(queue, self._shared.now_ms()):
            return
        source = self._source(number, queue)
        source.tell()
        await source.has_looked.wait()  # one at a time, so that what is told of gets in between
        if not source.leases.have_been and not source.leases.are_wanted:
            looks.found_nothing(queue, self._shared.now_ms())

    async def _finish(self) -> None:
        """Let attempts in progress end, for a while."""
        ends = self._shared.monotonic() + self._shared.settings.grace
        while self._shared.monotonic() < ends and any(
            one.course.in_progress for source in self._sources.values() for one in source.leases.recipients
        ):
            await asyncio.sleep(0.01)

    async def _release(self) -> None:
        for source in list(self._sources.values()):
            with contextlib.suppress(Unavailable):  # its leases end soon
                await source.leases.give_back()

    async def _end(self, tasks: "Collection[asyncio.Task[None]]") -> None:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
