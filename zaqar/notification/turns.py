"""Who delivers next: the places of a process are shared fairly, and what fails gets half of them at most."""

import asyncio
import collections

from zaqar.notification.choosing import take
from zaqar.notification.recipient import Job, Recipient


class Turns:
    """The lines of subscriptions that may have something to attempt, one of those whose last attempt failed and one of the rest.

    The lines take turns while both have somebody, and each subscription goes back to the end of its line after each attempt
    that it begins. Waiting in line costs nothing, and neither does one that has nothing to attempt after all.
    """

    def __init__(self, places: int) -> None:
        self._most_failing = max(places // 2, 1)
        self._failing_in_progress = 0
        self._healthy: collections.deque[Recipient] = collections.deque()
        self._failing: collections.deque[Recipient] = collections.deque()
        self._is_turn_of_failing = False
        self._idle: collections.deque[asyncio.Future[None]] = collections.deque()

    def add(self, recipient: Recipient) -> None:
        """Let a subscription stand in line, unless it does."""
        if not recipient.is_queued:
            recipient.is_queued = True
            (self._failing if recipient.is_failing else self._healthy).append(recipient)
            self._wake_one()

    async def next(self) -> Job:
        """Return the next attempt, once there is one and a place for it."""
        while True:
            job = self._pick()
            if job is not None:
                return job
            waiting = asyncio.get_running_loop().create_future()
            self._idle.append(waiting)
            await waiting

    def done(self, job: Job) -> None:
        """Take note that an attempt has ended."""
        if job.is_failing:
            self._failing_in_progress -= 1
            if self._failing:
                self._wake_one()

    def _pick(self) -> Job | None:
        while line := self._line():
            recipient = line.popleft()
            recipient.is_queued = False
            job = take(recipient)
            if job is not None:
                self._failing_in_progress += job.is_failing
                self.add(recipient)
                return job
        return None

    def _line(self) -> "collections.deque[Recipient] | None":
        may_fail = self._failing and self._failing_in_progress < self._most_failing
        self._is_turn_of_failing = not self._is_turn_of_failing
        if may_fail and (self._is_turn_of_failing or not self._healthy):
            return self._failing
        return self._healthy or None

    def _wake_one(self) -> None:
        while self._idle:
            waiting = self._idle.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
