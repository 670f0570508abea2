"""Takes the first messages of a queue that are ready, beside others that do the same: what pop and claim have in common.

Calls side by side work in lines: see ``lines``. A single message that nobody else waits beside is chosen by the server.
"""

import abc
import functools
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from pymongo import UpdateMany

from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import QueueKey
from zaqar.storage.mongodb.messages.candidates import Candidates, View
from zaqar.storage.mongodb.messages.lines import Line, Lines, Waiter
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.server.connection import Document

LONGEST = 5.0
"""Seconds that a call goes on while others are faster; then it answers with what it has."""

LONGEST_BURIAL = 1.0
"""Seconds that a call goes on while what it finds was claimed too often."""

BURIED = 100
"""Messages that were claimed too often which one step moves, at most."""

TakeFirst = Callable[[View], Document | None]
"""Takes the first message of a view that is ready then, whichever that is; returns it, or None where there is none."""


@dataclass(frozen=True)
class Burial:
    """What is to be done with messages that were claimed so often."""

    most: int
    bury: Callable[[Sequence[Document]], object]
    remember: Callable[[], object]
    """Notes that some may be left."""

    def worn(self, found: Sequence[Document]) -> list[Document]:
        """Return the messages that have to go, up to the size of a step."""
        return [each for each in found if each.get("claim_count", 0) >= self.most][:BURIED]


class Call(Waiter):
    """A claim or a pop. ``mark``: what tells its messages from those of others, in the field of that name."""

    field: ClassVar[str]
    state: ClassVar[str]

    def __init__(self, mark: str, limit: int, burial: Burial | None = None) -> None:
        super().__init__()
        self.mark = mark
        self.limit = limit
        self.now = 0
        """The second of this step."""
        self.taken: list[Document] = []
        self.chosen: list[Document] = []
        """What the call may take in this step."""
        self.won: list[Document] = []
        """What it was given of that."""
        self.has_buried = False
        self._burial = burial
        self._began = time.monotonic()

    @property
    def missing(self) -> int:
        """Return how many messages the call still wants."""
        return self.limit - len(self.taken)

    @abc.abstractmethod
    def changes(self, wanted: Document) -> list[UpdateMany]:
        """Return what marks the chosen messages, where they meet a condition."""

    def marked(self, message: Document) -> Document:
        """Return one of them as it is to be told: as those changes leave it."""
        return message

    def choose(self, messages: Iterator[Document]) -> None:
        """Begin a step with the next messages, as many as are missing."""
        self.chosen, self.won = list(itertools.islice(messages, self.missing)), []

    def end_step(self, *, has_all: bool) -> None:
        """Keep what was won; tell whether the call is over. ``has_all``: whether there were no more than were chosen."""
        self.taken += self.won
        is_last = has_all and len(self.won) == len(self.chosen)
        self.is_over = not self.missing or is_last or self.is_late()

    def has_worn(self, found: Sequence[Document]) -> bool:
        """Tell whether the call would move some of the messages."""
        return self._burial is not None and bool(self._burial.worn(found))

    def left_by_burial(self, found: Sequence[Document]) -> tuple[Sequence[Document], int]:
        """Move what was claimed too often; return the others, and how many went."""
        worn = self._burial.worn(found) if self._burial is not None else []
        if self._burial is None or not worn:
            return found, 0
        self._burial.bury(worn)
        self.has_buried = True
        return [each for each in found if each.get("claim_count", 0) < self._burial.most], len(worn)

    def is_late(self) -> bool:
        """Tell whether the call has gone on for long enough; see to it that what it leaves behind is moved."""
        passed = time.monotonic() - self._began
        if self._burial is not None and self.has_buried and passed > LONGEST_BURIAL:
            if self.missing:
                self._burial.remember()
            return True
        return passed > LONGEST


Take = Callable[[str, Sequence[Call], bool], object]
"""Takes what calls chose in a scope, and sets what each won; true: only what a decision needs was read."""


class Taking:
    """Takes, for one store."""

    def __init__(self, candidates: Candidates) -> None:
        self._candidates = candidates
        self._lines: Lines[Call] = Lines()

    def take(self, queue: QueueKey, call: Call, take: Take, first: TakeFirst) -> list[Document]:
        """Take what a call wants, in post order: again, for those that others were given.

        Where nobody else waits for any, a single one is taken by ``first``: the server chooses it, so that takers of other
        processes get the next ones. What was taken before an outage is returned: an error would lose it.
        """
        try:
            # Claims and pops stand in lines of their own.
            step = functools.partial(self._step, queue, take, first)
            self._lines.serve((scope_of(queue), call.state), call, step)
        except QueueNotFound as error:
            if error.queue != queue and not call.taken:
                raise
        except Unavailable:
            if not call.taken:
                raise
        return sorted(call.taken, key=lambda each: int(each["position"]))

    def _take_first(self, queue: QueueKey, call: Call, first: TakeFirst) -> None:
        """Take the first message, if any is ready."""
        while not call.is_over:
            view = self._candidates.ready(queue, limit=BURIED if call.has_buried else 1, is_brief=True)
            found, buried = call.left_by_burial(view.found)
            if not found:
                call.is_over = not buried or call.is_late()
                continue
            taken = first(view)
            call.taken = [taken] if taken is not None else []
            call.is_over = True  # without one, others had the last

    def _step(self, queue: QueueKey, take: Take, first: TakeFirst, line: Line[Call], calls: list[Call]) -> None:
        """Look once, give each call its share, and take all shares at once."""
        if len(calls) == 1 and calls[0].limit == 1:
            self._take_first(queue, calls[0], first)
            return
        began = time.monotonic()
        wanted = sum(each.missing for each in calls)
        width = max(wanted, BURIED if calls[0].has_buried else 0)
        view = self._candidates.ready(queue, limit=width, is_brief=width > wanted)
        found, buried = view.found, 0
        if any(each.has_worn(found) for each in calls):
            del calls[1:]  # each by its own rule: the others see what is left then
            found, buried = calls[0].left_by_burial(found)
        free = iter(found)
        for each in calls:
            each.choose(free)
        if choosing := [each for each in calls if each.chosen]:
            take(view.scope, choosing, width > wanted)
        line.learn(
            seconds=time.monotonic() - began,
            has_lost=any(len(each.won) < len(each.chosen) for each in calls),
            largest=max((len(each.get("body", b"")) for each in view.found), default=0),
        )
        for each in calls:
            each.end_step(has_all=len(view.found) < width and not buried)
