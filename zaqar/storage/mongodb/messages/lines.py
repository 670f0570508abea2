"""Lines of calls that take from one queue: one call at a time works for all of them, as a group commit does.

Calls beside one another would find the same first messages, and all but one of them would find these gone. So each call
joins the line of its queue. The first of the line leads: it looks once for as many messages as all of them want, gives each
its share in order of arrival, and takes all shares with one command. A call that has what it wants leaves the line, the
leader last; then the next one leads, so that no thread works for others when its own call is over. Before a step the leader
waits for a tenth of the time that the last step took, so that a consumer that was just served and calls again takes part.

An error of a step is raised in all calls that it was done for; that the store is away, in all calls of the line, since they
have waited for that answer. A line is of one process: what other processes take shows only when it is gone. A line that lost
messages to them does not take those further behind instead, which would leave gaps that nobody is about to take: it looks
again, after a random part of a step, since two leaders that keep step would lose to one another every time.
"""

import abc
import random
import sys
import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from zaqar import forks
from zaqar.errors import Unavailable

MOST = 500
"""Messages for which one step looks, at most, unless a single call wants more."""

LARGEST = 8 << 20
"""Bytes of bodies that a step should read, at most: MongoDB puts no more than twice as many into one document."""

LONGEST_PAUSE = 0.1
"""Seconds between two steps, at most."""


class Waiter(abc.ABC):
    """A call that can stand in a line."""

    def __init__(self) -> None:
        self.is_over = False
        self.error: Exception | None = None
        self.called = threading.Event()
        """Set when the call is over, or has to lead."""

    @property
    @abc.abstractmethod
    def missing(self) -> int:
        """Return how many messages the call still wants."""


W = TypeVar("W", bound=Waiter)


class Line(Generic[W]):
    """The calls that wait for messages of one queue, in order of arrival; the first leads."""

    def __init__(self) -> None:
        self.waiting: list[W] = []
        self.pause = 0.0
        self._most = MOST

    def next_calls(self) -> list[W]:
        """Return the calls that the next step is for: the first, and those behind it while they do not want too much together."""
        found, wanted = self.waiting[:1], self.waiting[0].missing
        for each in self.waiting[1:]:
            wanted += each.missing
            if wanted > self._most:
                break
            found.append(each)
        return found

    def learn(self, *, seconds: float, has_lost: bool, largest: int) -> None:
        """Adapt the next step to the last one.

        ``seconds``: how long it took. ``has_lost``: whether other processes were faster. ``largest``: bytes of the largest body.
        """
        self.pause = min(seconds * (random.random() if has_lost else 0.1), LONGEST_PAUSE)
        self._most = min(MOST, LARGEST // max(largest, 1))


Step = Callable[[Line[W], list[W]], object]
"""Does one step for some of a line, the leader being the first; an error concerns those it leaves in the list."""


class Lines(Generic[W]):
    """The lines of one store."""

    def __init__(self) -> None:
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, who waits there."""
        self._lock = threading.Lock()
        self._lines: dict[Hashable, Line[W]] = {}

    def serve(self, key: Hashable, call: W, step: Step[W]) -> None:
        """Stand in the line of a key, and lead it when first; return when the call is over. Raises the call's error."""
        with self._lock:
            line = self._lines.setdefault(key, Line())
            line.waiting.append(call)
            line.waiting[0].called.set()
        try:
            call.called.wait()
            while not call.is_over:
                self._lead(line, step)
        finally:
            self._leave(key, line, call)
        if call.error is not None:
            raise call.error

    def _lead(self, line: Line[W], step: Step[W]) -> None:
        """Do one step, and wake the calls that are over then, also where the step fails."""
        time.sleep(line.pause)
        with self._lock:
            calls = line.next_calls()
        is_done = False
        try:
            step(line, calls)
            is_done = True
        finally:
            if not is_done:
                self._fail(line, calls, sys.exception())
            with self._lock:
                for each in [each for each in line.waiting[1:] if each.is_over]:
                    line.waiting.remove(each)
                    each.called.set()

    def _fail(self, line: Line[W], calls: list[W], error: BaseException | None) -> None:
        """End calls with the error of a step. Where only the leader was interrupted, the others raise ``Unavailable``."""
        shown = error if isinstance(error, Exception) else Unavailable("The request was interrupted.")
        with self._lock:
            concerned = list(line.waiting) if isinstance(error, Unavailable) else calls
        for each in concerned:
            if not each.is_over:
                each.error, each.is_over = shown, True

    def _leave(self, key: Hashable, line: Line[W], call: W) -> None:
        with self._lock:
            if call in line.waiting:
                line.waiting.remove(call)
            if line.waiting:
                line.waiting[0].called.set()
            elif self._lines.get(key) is line:
                del self._lines[key]
