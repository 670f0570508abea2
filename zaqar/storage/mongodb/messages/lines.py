"""Lets one call at a time work for all calls of this process that take from one queue, as a group commit does.

Calls side by side would look at the same first messages, and all but one would lose them. So a call for messages joins the
line of its queue. The first of the line leads: it takes all who stand there, looks once for as many messages as all of them
want, gives each its share in order of arrival, and takes all shares with one command. Who has what it wants goes, the leader
last of them; then the next leads, so that nobody works for others after its own call is over. It waits for a tenth of the
last step first, so that who was just served and comes back at once is in the line, not behind it.

An error of a step is raised in all for whom it was done; that the store is away, in all who stand in the line, since they
have waited for that answer. A line is of one process: what others take is not known before it is lost to them, and to take
what is further behind would leave gaps that nobody is about to take. So a line that lost something waits for a random part
of a step before it looks again: leaders that go on in step lose to one another every time.
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
    """Those who wait for messages of one queue, in order of arrival."""

    def __init__(self) -> None:
        self.waiting: list[W] = []
        self.pause = 0.0
        self._most = MOST

    def next_calls(self) -> list[W]:
        """Return whom the next step is for: the first, and who follows as long as they do not want too many messages together."""
        found, wanted = self.waiting[:1], self.waiting[0].missing
        for each in self.waiting[1:]:
            wanted += each.missing
            if wanted > self._most:
                break
            found.append(each)
        return found

    def learn(self, *, seconds: float, has_lost: bool, largest: int) -> None:
        """Adapt the next step to the last: how long it was, whether others had a part, how large a message may be."""
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
        """Return when the call is over: stand in the line of that key, and lead when it is first. Raises its error."""
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
        """Do one step, and let go whose call is over; whatever happens, nobody is left waiting for it."""
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
        """End calls with the error of a step; what interrupts the leader alone is for the others a store that is away."""
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
