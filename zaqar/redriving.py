"""Moves dead letters back: takes the steps of every redrive that is running in a store, in turns.

A step is at most 25 messages, under a lease, so that somebody else goes on where this process dies. After each step the
store is left alone for three times as long as it took, whatever is running, so that others have three quarters of it. Steps of
100 and rests as long as they took moved three times as many, and made the p99 of other posts on SQLite three times as long.
"""

import dataclasses
import logging
import secrets
import time
from collections.abc import Callable

from zaqar.background import Task
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.log_text import quote
from zaqar.models import QueueKey, Redrive
from zaqar.storage.contract import MessageStore

LOG = logging.getLogger(__name__)

LOOK_INTERVAL = 1.0
"""Seconds between two looks for redrives, of which nobody may have told."""
LEASE = 3.0
MOST_MESSAGES = 25
"""Of a step: nobody who posts meanwhile waits for more."""
REST = 3
"""How many times as long as a step took the store is left alone after it."""
LEAST_PACE = 0.25
"""Seconds between the steps of a redrive with a rate, unless that is less than one message: a step costs the same for few."""
TELL_INTERVAL = 0.25
"""Seconds between two times that those are told who deliver what was left in outboxes."""


@dataclasses.dataclass
class _Turn:
    """A running redrive as it was last seen, and when its next step may be taken."""

    redrive: Redrive
    due: float
    is_ours: bool = False
    """Whether this process has taken a step of it."""
    is_put_off: bool = False
    """Whether its last step failed, as the part of the store did not answer that it was for."""

    @property
    def most(self) -> int:
        """Return how many messages a step looks at."""
        rate = self.redrive.terms.rate
        return MOST_MESSAGES if rate is None else max(1, min(MOST_MESSAGES, int(rate * LEAST_PACE)))

    def follow(self, redrive: Redrive, *, started: float, ended: float) -> int:
        """Note a step, and let the next wait until the rate allows it; return how many messages were moved."""
        before = self.redrive.moved if self.redrive.id == redrive.id else 0
        # What somebody else moved before this process got the lease is not held against it.
        moved = min(redrive.moved - before, self.most)
        seconds = moved / redrive.terms.rate if redrive.terms.rate else 0.0
        self.redrive, self.due, self.is_ours = redrive, max(ended, started + seconds), True
        return moved


class Redriver:
    """The redrives of one store. ``task`` runs them until it is stopped.

    ``create_lazily`` makes a queue that messages are to move to and that is missing, with its record. ``deliver`` is told of
    queues in whose outboxes something was left, and does not wait.
    """

    def __init__(
        self,
        store: MessageStore,
        *,
        create_lazily: Callable[[QueueKey], None],
        deliver: Callable[[QueueKey], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._create_lazily = create_lazily
        self._deliver = deliver
        self._monotonic = monotonic
        self._holder = secrets.token_hex(8)
        self._turns: dict[QueueKey, _Turn] = {}
        self._looks = self._tells = self._rests_until = float("-inf")
        self._has_left_some = False
        self._is_away = False
        self._is_stopping = False
        self.task = Task(
            "redrives",
            self.turn,
            interval=0,
            after_mistake=LOOK_INTERVAL,
            failure="Redrives go on after a mistake.",
            is_wanted=lambda: not self._is_stopping,  # and so not in a forked process, which has a redriver of its own
        )

    def tell(self) -> None:
        """Say that there may be a new redrive; from any thread, never waits."""
        self._looks = float("-inf")
        self.task.hurry()

    def stop(self) -> None:
        """Begin no further step; for any thread, and for a signal's handler. ``task.stop`` waits for the last one."""
        self._is_stopping = True

    def turn(self) -> float:
        """Look for redrives where it is time, and take a step of the one whose turn it is; return the seconds to the next."""
        if self._is_stopping:
            return LOOK_INTERVAL
        now = self._monotonic()
        try:
            if now >= self._looks:
                self._looks = now + LOOK_INTERVAL
                self._look(now)
            queue = min(self._turns, key=lambda one: self._turns[one].due, default=None)
            if queue is not None and now >= max(self._rests_until, self._turns[queue].due):
                self._try_step(queue, self._turns[queue])
            if self._has_left_some and (now >= self._tells or not self._turns):
                self._tell_of_left(now)
        except Unavailable as error:
            self._note_away(error)
            self._looks = self._rests_until = self._monotonic() + LOOK_INTERVAL
        return max(0.0, self._next() - self._monotonic())

    def _next(self) -> float:
        due = max(self._rests_until, min((turn.due for turn in self._turns.values()), default=self._looks))
        return min(self._looks, due)

    def _look(self, now: float) -> None:
        for queue in self._store.redrives.running():
            if queue not in self._turns:
                redrive = self._store.redrives.get(queue)
                if redrive is not None and redrive.state == "running":
                    self._turns[queue] = _Turn(redrive, now)
        if self._is_away:
            self._is_away = False
            LOG.warning("The message store answers again, and redrives go on.")

    def _try_step(self, queue: QueueKey, turn: _Turn) -> None:
        """Take a step, or put the redrive off alone: where it is the whole store that does not answer, the next look tells."""
        try:
            self._step(queue, turn)
        except Unavailable as error:
            if not turn.is_put_off:
                LOG.warning(
                    "The redrive of the queue %s of the project %s waits until its store answers again: %s",
                    queue.name,
                    quote(queue.project),
                    error,
                )
            turn.is_put_off = True

    def _step(self, queue: QueueKey, turn: _Turn) -> None:
        started = self._monotonic()
        turn.due = started + LOOK_INTERVAL  # others have their turn where this fails
        try:
            redrive = self._store.redrives.step(queue, holder=self._holder, seconds=LEASE, limit=turn.most)
        except QueueNotFound as missing:  # nothing was moved, and the next step finds it
            self._create_lazily(missing.queue)
            turn.due = started
            return
        finally:
            ended = self._monotonic()
            self._rests_until = ended + REST * (ended - started)
        if turn.is_put_off:
            turn.is_put_off = False
            LOG.warning("The redrive of the queue %s of the project %s goes on.", queue.name, quote(queue.project))
        if redrive is None:
            self._leave(queue, turn)
            return
        moved = turn.follow(redrive, started=started, ended=ended)
        if moved and redrive.terms.to is None and not redrive.terms.is_dry_run:
            self._has_left_some = True
        if redrive.state != "running":
            del self._turns[queue]
            _log_end(queue, redrive)

    def _leave(self, queue: QueueKey, turn: _Turn) -> None:
        """Forget a redrive that is somebody else's now, which the next look tells, or was ended by somebody."""
        del self._turns[queue]
        found = self._store.redrives.get(queue) if turn.is_ours else None
        if found is not None and found.id == turn.redrive.id and found.state != "running":
            _log_end(queue, found)

    def _tell_of_left(self, now: float) -> None:
        """Tell of every queue with something to deliver: a step does not say in which outboxes it has left something."""
        self._tells, self._has_left_some = now + TELL_INTERVAL, False
        for queue in self._store.deliveries.sources():
            self._deliver(queue)

    def _note_away(self, error: Unavailable) -> None:
        if not self._is_away:
            LOG.warning("Redrives wait until the store answers again: %s", error)
        self._is_away = True


def _log_end(queue: QueueKey, redrive: Redrive) -> None:
    LOG.info(
        "The redrive %s of the queue %s of the project %s is %s: %d messages %s, %d skipped.",
        redrive.id,
        queue.name,
        quote(queue.project),
        redrive.state,
        redrive.moved,
        "would move" if redrive.terms.is_dry_run else "moved",
        redrive.skipped,
    )
