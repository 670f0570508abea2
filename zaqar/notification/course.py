"""How far the deliveries to one subscription are, between a lease and what is saved of it."""

import collections
import dataclasses
from collections.abc import Iterable, Mapping

import msgspec

from zaqar.models import MOST_FAILING, MOST_OUTCOMES, Failing, Notice, Outcome, Progress, Purpose
from zaqar.storage import ids


@dataclasses.dataclass(eq=False, slots=True)
class Lane:
    """A notice whose messages are attempted one after the other: all of it but the bodies."""

    position: int
    """Of the message that is attempted, or is next."""
    last: int
    token: str
    created: int
    ends: int
    """When the last of its messages has ended."""
    purpose: Purpose
    original_ids: Mapping[int, str]
    """As in the notice."""
    is_busy: bool = False


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What is to be saved, and what it stands for."""

    progress: Progress
    high: int
    """Up to where everything is done; the progress may say less (``Course.certain``)."""
    retried: int


class Course:
    """The progress of a leased subscription. It knows positions and times, no receiver and no store.

    ``high`` follows the first message that is not attempted yet, while up to four notices are under way. What was attempted
    and would be attempted again after a crash is ``unsaved``.
    """

    def __init__(self, progress: Progress, *, is_certain: bool = True) -> None:
        self.cursor = progress.high
        """Everything up to there was begun, or passed over."""
        self.lanes: list[Lane] = []
        self.failing = {one.position: one for one in progress.failing}
        self.retrying: set[int] = set()
        self.certain = None if is_certain else progress.high
        """How far to say that it is at most; None: no bound. What is passed over on the word of a lease needs a second word."""
        self._outcomes = collections.deque(progress.outcomes, MOST_OUTCOMES)
        self._delivered = progress.delivered
        self._failed_attempts = progress.failed_attempts
        self._given_up = progress.given_up
        self._done = {
            place for one in progress.outcomes if (place := ids.parse_id(one.message_id).position) > progress.high
        }
        self._settled: list[int] = []
        self._retried = 0

    @property
    def high(self) -> int:
        """Up to where everything was attempted or passed over."""
        return min((lane.position for lane in self.lanes), default=self.cursor + 1) - 1

    @property
    def in_progress(self) -> int:
        """The number of attempts under way."""
        return len(self.retrying) + self._busy()

    @property
    def has_room(self) -> bool:
        """Whether a newer message may be attempted: it, and those under way, could all fail."""
        return len(self.failing) + self._busy() < MOST_FAILING

    @property
    def is_full(self) -> bool:
        """Whether so much fails that nothing newer is attempted."""
        return len(self.failing) >= MOST_FAILING

    @property
    def unsaved(self) -> int:
        """How many attempts a crash would have repeated."""
        return len(self._settled) + self._retried + self.in_progress

    @property
    def has_unsaved(self) -> bool:
        """Whether a save would make ``unsaved`` less."""
        high = self.high
        return self._retried > 0 or any(position <= high for position in self._settled)

    @property
    def has_gaps(self) -> bool:
        """Whether something was attempted behind what was not: whoever goes on from ``high`` attempts it again."""
        high = self.high
        return any(position > high for position in self._settled)

    def due(self, now_ms: int) -> Failing | None:
        """Return what is to be tried again now, the longest due first."""
        waiting = (one for one in self.failing.values() if one.position not in self.retrying and one.next_ms <= now_ms)
        return min(waiting, key=lambda one: one.next_ms, default=None)

    def wakes_ms(self) -> int | None:
        """Return when the next of what fails is due."""
        return min((one.next_ms for one in self.failing.values()), default=None)

    def open(self, notice: Notice) -> Lane | None:
        """Begin with a notice, behind what was attempted of it; None if all of it is done."""
        before = max(notice.first, self.cursor + 1) - 1
        ends, original_ids = last_end(notice), notice.original_ids
        lane = Lane(before, notice.last, notice.token, notice.created, ends, notice.purpose, original_ids)
        self.cursor = notice.last
        self.lanes.append(lane)
        return lane if self.advance(lane) else None

    def is_done(self, position: int) -> bool:
        """Tell whether an earlier lease has ended with a message, though it could not say so of all before it."""
        return position in self._done

    def left(self, first: int, last: int) -> list[int]:
        """Return the positions of what is not done among these."""
        return [position for position in range(first, last + 1) if not self.is_done(position)]

    def advance(self, lane: Lane) -> bool:
        """Go on behind the message of a lane; tell whether it has another."""
        lane.position += 1
        while self.is_done(lane.position):
            lane.position += 1
        if lane.position <= lane.last:
            return True
        self.lanes.remove(lane)
        return False

    def delivered(
        self, position: int, token: str, *, attempts: int, at: int, answer: str, original_id: str | None = None
    ) -> None:
        """Note that a message has arrived."""
        self._delivered += 1
        self._end(Outcome(ids.format_id(position, token), True, attempts, at, answer, original_id), position)

    def give_up(
        self, position: int, token: str, *, attempts: int, at: int, reason: str, original_id: str | None = None
    ) -> None:
        """Note that a message is not tried any more; without attempts it was none of ``unsaved``."""
        self._given_up += 1
        outcome = Outcome(ids.format_id(position, token), False, attempts, at, reason, original_id)
        if attempts:
            self._end(outcome, position)
        else:
            self._outcomes.append(outcome)
            self.failing.pop(position, None)

    def fail(self, failing: Failing) -> None:
        """Note that a message is to be tried again."""
        self._attempted(failing.position)
        self.failing[failing.position] = failing

    def count_failure(self) -> None:
        """Count an attempt that failed."""
        self._failed_attempts += 1

    def hurry(self, now_ms: int) -> None:
        """Make everything due that fails."""
        for position, one in self.failing.items():
            self.failing[position] = msgspec.structs.replace(one, next_ms=min(one.next_ms, now_ms))

    def snapshot(self, *, looks_ms: int | None = None) -> Snapshot:
        """Return what to save; ``looks_ms``: when to look, at the latest, what has become too late behind what fails."""
        reached = self.high
        high = reached if self.certain is None else min(reached, self.certain)
        progress = Progress(
            high=high,
            failing=sorted(self._up_to(high), key=lambda one: one.position),
            outcomes=tuple(self._outcomes),
            delivered=self._delivered,
            failed_attempts=self._failed_attempts,
            given_up=self._given_up,
            looks_ms=looks_ms,
        )
        return Snapshot(progress, reached, self._retried)

    def saved(self, snapshot: Snapshot, *, is_certain: bool) -> None:
        """Note that the store has it, and whether it says that the subscription is still what the lease told."""
        self._settled = [position for position in self._settled if position > snapshot.progress.high]
        self._retried -= snapshot.retried
        if self.certain is not None and is_certain:
            self.certain = snapshot.high

    def _up_to(self, high: int) -> Iterable[Failing]:
        return (one for one in self.failing.values() if one.position <= high)

    def _end(self, outcome: Outcome, position: int) -> None:
        self._attempted(position)
        self._outcomes.append(outcome)
        self.failing.pop(position, None)

    def _attempted(self, position: int) -> None:
        if position in self.failing:
            self._retried += 1
        else:
            self._settled.append(position)

    def _busy(self) -> int:
        return sum(lane.is_busy for lane in self.lanes)


def last_end(notice: Notice) -> int:
    """Return when the last message of a post has ended."""
    return notice.created + max(message.ttl for message in notice.messages)
