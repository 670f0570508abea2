"""Who delivers next: the places of a process are shared fairly, and only who is known to answer may take all of them."""

import asyncio
import collections
import dataclasses

from zaqar.notification.choosing import take
from zaqar.notification.kinds.kind import SubscriberKind
from zaqar.notification.recipient import Job, Line, Recipient


@dataclasses.dataclass
class _Share:
    """What there is of a kind that does not have all places."""

    in_progress: int = 0
    waiting: collections.deque[Recipient] = dataclasses.field(default_factory=collections.deque)
    """Those whose turn it was, while others of the kind had its places."""


@dataclasses.dataclass
class _Waiting:
    most: int
    """Attempts in progress at a time."""
    recipients: collections.deque[Recipient] = dataclasses.field(default_factory=collections.deque)
    in_progress: int = 0


class Turns:
    """The lines of subscriptions that may have something to attempt.

    Those whose last attempt failed get half of the places at most, and together with those of whom nothing is known yet three
    quarters: however many of them hang, a quarter is left to those that answer. The lines take turns while several have
    somebody, and each subscription goes back to the end of its line after each attempt that it begins. Waiting in line costs
    nothing, and neither does one that has nothing to attempt after all.

    A kind that says how many places it can use gets no more, and half at most: what waits for one mail server, say, is in
    nobody's way.
    """

    def __init__(self, places: int) -> None:
        self._lines = {
            Line.ANSWERING: _Waiting(places),
            Line.NEW: _Waiting(places),
            Line.FAILING: _Waiting(max(places // 2, 1)),
        }
        self._most_of_kind = max(places // 2, 1)
        self._shares = collections.defaultdict[SubscriberKind, _Share](_Share)
        self._kinds: dict[Job, SubscriberKind] = {}
        """Of the jobs in progress that take a place of a share."""
        self._most_doubtful = places - places // 4
        self._order = collections.deque(self._lines)
        self._idle: collections.deque[asyncio.Future[None]] = collections.deque()

    def add(self, recipient: Recipient) -> None:
        """Let a subscription stand in line, unless it does."""
        if not recipient.is_queued:
            recipient.is_queued = True
            self._lines[recipient.line].recipients.append(recipient)
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
        self._lines[job.line].in_progress -= 1
        kind = self._kinds.pop(job, None)
        if kind is not None:
            self._shares[kind].in_progress -= 1
            self._go_on(kind)
        if job.line is not Line.ANSWERING and any(self._may_begin(line) for line in self._lines):
            self._wake_one()

    def _pick(self) -> Job | None:
        while (line := self._next_line()) is not None:
            recipient = self._lines[line].recipients.popleft()
            recipient.is_queued = False
            if recipient.line is not line:  # what it is known by has changed while it stood there
                self.add(recipient)
                continue
            kind = recipient.dispatch.kind
            if not self._has_place(kind):
                recipient.is_queued = True
                self._shares[kind].waiting.append(recipient)
                continue
            job = take(recipient)
            if job is not None:
                self._lines[line].in_progress += 1
                if kind.places is not None:
                    self._shares[kind].in_progress += 1
                    self._kinds[job] = kind
                self.add(recipient)
                return job
            self._go_on(kind)
        return None

    def _has_place(self, kind: SubscriberKind) -> bool:
        return kind.places is None or self._shares[kind].in_progress < max(min(kind.places, self._most_of_kind), 1)

    def _go_on(self, kind: SubscriberKind) -> None:
        """Let one that waits for a place of its kind stand in line again: it has what there is, or lets the next one do so."""
        if kind.places is not None and self._shares[kind].waiting:
            recipient = self._shares[kind].waiting.popleft()
            recipient.is_queued = False
            self.add(recipient)

    def _next_line(self) -> Line | None:
        for line in self._order:
            if self._may_begin(line):
                self._order.remove(line)
                self._order.append(line)
                return line
        return None

    def _may_begin(self, line: Line) -> bool:
        waiting = self._lines[line]
        if not waiting.recipients or waiting.in_progress >= waiting.most:
            return False
        doubtful = self._lines[Line.NEW].in_progress + self._lines[Line.FAILING].in_progress
        return line is Line.ANSWERING or doubtful < self._most_doubtful

    def _wake_one(self) -> None:
        while self._idle:
            waiting = self._idle.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return
