"""Who delivers next: the places of a process are shared fairly, and only who is known to answer may take most of them."""

import asyncio
import collections
import dataclasses
import time
from collections.abc import Callable

from zaqar.notification.choosing import take
from zaqar.notification.kinds.kind import SubscriberKind
from zaqar.notification.recipient import Job, Line, Recipient
from zaqar.notification.shares import Shares


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
    recipients: dict[str, collections.deque[Recipient]] = dataclasses.field(default_factory=dict)
    """By project; each that is here is in one of the two that follow."""
    ready: collections.deque[str] = dataclasses.field(default_factory=collections.deque)
    """Projects, in the order of their turns."""
    held_back: set[str] = dataclasses.field(default_factory=set)
    """Projects that have their share of the places: the end of an attempt brings them back."""
    in_progress: int = 0


class Turns:
    """The lines of subscriptions that may have something to attempt.

    Those whose last attempt failed get half of the places at most, and together with those of whom nothing is known yet three
    quarters: however many of them hang, a quarter is left to those that answer. The lines take turns while several have
    somebody, in each line the projects do, and each subscription goes back to the end of its project's after each attempt that
    it begins. Waiting in line costs nothing, and neither does one that has nothing to attempt after all.

    No project has more than its share of the places, as ``Shares`` says. One that has is held back as a whole, whoever waits,
    and comes back when an attempt of its own ends: as it has one in progress then, nobody is forgotten.

    A kind that says how many places it can use gets no more, and half at most: what waits for one mail server, say, is in
    nobody's way.
    """

    def __init__(self, places: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lines = {
            Line.ANSWERING: _Waiting(places),
            Line.NEW: _Waiting(places),
            Line.FAILING: _Waiting(max(places // 2, 1)),
        }
        self._most_of_kind = max(places // 2, 1)
        self._of_kinds = collections.defaultdict[SubscriberKind, _Share](_Share)
        self._kinds: dict[Job, SubscriberKind] = {}
        """Of the jobs in progress that take a place of a share."""
        self._most_doubtful = places - places // 4
        failing = self._lines[Line.FAILING].most
        self._shares = Shares(places=places, doubtful=self._most_doubtful, failing=failing, monotonic=monotonic)
        self._order = collections.deque(self._lines)
        self._idle: collections.deque[asyncio.Future[None]] = collections.deque()

    def add(self, recipient: Recipient) -> None:
        """Let a subscription stand in line, unless it does."""
        project = _project_of(recipient)
        self._shares.see(project)
        self._forget()
        if recipient.is_queued:
            return
        recipient.is_queued = True
        waiting = self._lines[recipient.line]
        if project not in waiting.recipients:
            waiting.recipients[project] = collections.deque()
            waiting.ready.append(project)
            self._shares.wait(project, 1)
        waiting.recipients[project].append(recipient)
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
        project = _project_of(job.recipient)
        self._lines[job.line].in_progress -= 1
        self._shares.count(project, job.line, -1)
        self._bring_back(project)
        self._forget()
        kind = self._kinds.pop(job, None)
        if kind is not None:
            self._of_kinds[kind].in_progress -= 1
            self._go_on(kind)
        if any(self._may_begin(line) for line in self._lines):
            self._wake_one()

    def _pick(self) -> Job | None:
        while (line := self._next_line()) is not None:
            recipient = self._first_in(line)
            if recipient is None:
                continue
            if recipient.line is not line:  # what it is known by has changed while it stood there
                self.add(recipient)
                continue
            kind = recipient.dispatch.kind
            if not self._has_place(kind):
                recipient.is_queued = True
                self._of_kinds[kind].waiting.append(recipient)
                continue
            job = take(recipient)
            if job is not None:
                self._lines[line].in_progress += 1
                self._shares.count(_project_of(recipient), line, 1)
                if kind.places is not None:
                    self._of_kinds[kind].in_progress += 1
                    self._kinds[job] = kind
                self.add(recipient)
                return job
            self._go_on(kind)
        return None

    def _first_in(self, line: Line) -> Recipient | None:
        """Take the first of the project whose turn it is; None where that project is held back from now on."""
        waiting = self._lines[line]
        project = waiting.ready.popleft()
        if not self._shares.has_place(project, line):
            waiting.held_back.add(project)
            return None
        recipients = waiting.recipients[project]
        recipient = recipients.popleft()
        recipient.is_queued = False
        if recipients:
            waiting.ready.append(project)
        else:
            del waiting.recipients[project]
            self._shares.wait(project, -1)
        return recipient

    def _bring_back(self, project: str) -> None:
        for waiting in self._lines.values():
            if project in waiting.held_back:
                waiting.held_back.remove(project)
                waiting.ready.append(project)

    def _forget(self) -> None:
        """Let a project that is alone from now on have what it waits for."""
        if self._shares.forget():
            for project in {one for waiting in self._lines.values() for one in waiting.held_back}:
                self._bring_back(project)
            for _ in range(len(self._idle)):
                self._wake_one()

    def _has_place(self, kind: SubscriberKind) -> bool:
        return kind.places is None or self._of_kinds[kind].in_progress < max(min(kind.places, self._most_of_kind), 1)

    def _go_on(self, kind: SubscriberKind) -> None:
        """Let one that waits for a place of its kind stand in line again: it has what there is, or lets the next one do so."""
        if kind.places is not None and self._of_kinds[kind].waiting:
            recipient = self._of_kinds[kind].waiting.popleft()
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
        if not waiting.ready or waiting.in_progress >= waiting.most:
            return False
        doubtful = self._lines[Line.NEW].in_progress + self._lines[Line.FAILING].in_progress
        return line is Line.ANSWERING or doubtful < self._most_doubtful

    def _wake_one(self) -> None:
        while self._idle:
            waiting = self._idle.popleft()
            if not waiting.done():
                waiting.set_result(None)
                return


def _project_of(recipient: Recipient) -> str:
    return recipient.source.queue.project
