"""A leased subscription: what is known of it while its deliveries go on."""

import dataclasses
import enum
from typing import TYPE_CHECKING

from zaqar.limits import MIN_MESSAGE_TTL
from zaqar.models import Held, Lease, Notice, Progress, Purpose, Subscription
from zaqar.notification import dispatch, schedule
from zaqar.notification.course import Course, Lane, Snapshot, last_end
from zaqar.notification.dead_letters import burial
from zaqar.notification.ledger import Ledger

if TYPE_CHECKING:
    from zaqar.notification.source import Source

SOON = 1.0
"""Seconds: for what is to be done so soon, a lease is kept; who answers so soon does not hang."""


class Line(enum.Enum):
    """By what a receiver is known: by that its subscription waits for its turn."""

    ANSWERING = enum.auto()
    """It took what was attempted last."""
    NEW = enum.auto()
    """Nothing is known."""
    FAILING = enum.auto()
    """What was attempted last failed, or something waits to be tried again."""


@dataclasses.dataclass(eq=False, slots=True)
class Job:
    """What a worker is to do: one attempt, or where it has no position, to read on."""

    recipient: "Recipient"
    position: int | None
    attempts: int
    """Made before."""
    lane: Lane | None
    """None: it is tried again."""
    notice: Notice | None
    """None: it has to be read."""
    line: "Line"
    """In which its subscription stood."""
    began: float
    is_late: bool = False
    """Whether it is to be given up unseen, as too much before it fails."""


class Recipient:
    """Decides for one subscription, while its lease lasts. All of it runs in the loop of deliveries."""

    def __init__(self, source: "Source", lease: Lease, *, ends: float) -> None:
        self.source = source
        self.shared = source.shared
        self.id = lease.subscription.id
        self.is_served = self._is_to_be_served(lease.subscription)
        self.course = Course(lease.progress, is_certain=self.is_served)
        self.ledger = Ledger(self.id, self.course, self.shared.counters, self.shared.now_ms)
        self.is_queued = False
        """Whether it has a place in the line for turns."""
        self.line = _line_of(lease.progress)
        self.is_open = True
        """Whether anything may be begun."""
        self.is_leaving = False
        """Whether it makes place for others once what it has begun has ended."""
        self.is_resting = False
        """Whether its lease is just being given back."""
        self.is_gone = False
        """Whether the receiver wants no more, so that the subscription is to be deleted."""
        self.is_outdated = False
        """Whether the subscription has changed since it was read."""
        self.lease_ends = ends
        self.leased_at = self.active_at = self.shared.monotonic()
        self.is_quick = False
        """Whether its receiver answers; until that is known, and when it hangs, it gets one place only."""
        self.is_promised = False
        """Whether a notice behind it was at hand; it may have made place for others before the turn came."""
        self.is_reading = False
        """Whether a worker reads on for it."""
        self.is_said_to_wait = False
        """Whether the log has been told that it is not confirmed."""
        self.look_again_ms = 0
        """While it is full: when some more of what it does not try may be late."""
        self._take_over(lease.subscription)
        if lease.is_hurried:
            self.course.hurry(self.shared.now_ms())

    @property
    def cursor(self) -> int:
        """The position behind which it wants to go on."""
        return self.course.cursor

    def promise(self) -> None:
        """Take note that there is a notice behind it, and ask for a turn."""
        self.is_promised = True
        self.shared.turns.add(self)

    def is_for_it(self, notice: Notice) -> bool:
        """Tell whether a notice is to be delivered to it."""
        if notice.subscription_id is not None and notice.subscription_id != self.id:
            return False
        if notice.purpose in ("question", "redelivery"):  # the latter would be lost if it were passed over
            return True
        return self.is_served and (notice.purpose != "copy" or self.dispatch.kind.takes_copies)

    def waits(self, purpose: Purpose) -> tuple[int, ...]:
        """Return how long to wait after each failed attempt at what a notice has, by what it is of (N-30, N-32)."""
        if self.dispatch.kind.waits is not None:
            return tuple(self.dispatch.kind.waits)
        of_queue = None if purpose == "question" else self.source.retry_policy
        return schedule.waits(schedule.chosen(dispatch.policy_of(self.subscription.options), of_queue))

    def late_ms(self, what: Notice | Lane) -> int:
        """Return when all of a post has ended, or would be at the end of its schedule, had it been attempted at once."""
        ends = what.ends if isinstance(what, Lane) else last_end(what)
        return round(min(what.created + schedule.length(self.waits(what.purpose)), ends) * 1000)

    def snapshot(self) -> Snapshot:
        """Return what to save."""
        self.ledger.say()
        return self.course.snapshot(looks_ms=self._looks_ms() if self.course.is_full else None)

    def saved(self, snapshot: Snapshot, held: Held, *, ends: float) -> None:
        """Go on, as the store has it and the lease with it."""
        self.lease_ends = ends
        self.is_outdated = held.version != self.subscription.version
        self.course.saved(snapshot, is_certain=not self.is_outdated)
        if held.is_hurried:
            self.course.hurry(self.shared.now_ms())

    def renew(self, subscription: Subscription) -> None:
        """Go on with a subscription that has changed; where that changes what it is told at all, end with it."""
        self.is_outdated = self.is_gone = False
        self.is_open = self._is_to_be_served(subscription) == self.is_served
        self._take_over(subscription)

    def may_rest(self) -> bool:
        """Tell whether there is nothing to do for it that could not wait for another lease."""
        if not self.is_open and not self.is_gone:
            return True  # what hangs is not waited for
        if self.course.in_progress or self.course.has_gaps:
            return False
        if self.is_leaving and not self.course.lanes:
            return True
        now_ms, wakes_ms = self.shared.now_ms(), self.course.wakes_ms()
        if wakes_ms is not None and wakes_ms < now_ms + SOON * 1000:
            return False
        is_at_end = self.source.tail.is_at_end(self)
        if self.course.is_full and (is_at_end or self.look_again_ms > now_ms):
            return True
        idle = self.shared.monotonic() - self.active_at
        is_over = self.shared.is_crowded or idle >= self.shared.settings.idle
        return not self.course.lanes and is_at_end and is_over

    def _looks_ms(self) -> int:
        """Return when something may be too late that is not tried: what is known of, or what comes from now on."""
        now_ms = self.shared.now_ms()
        if self.look_again_ms > now_ms:
            return self.look_again_ms
        return now_ms + round(min(schedule.length(self.waits("post")), MIN_MESSAGE_TTL) * 1000)

    def _take_over(self, subscription: Subscription) -> None:
        self.subscription = subscription
        kind = self.shared.kind_of(subscription.subscriber)
        self.burial = burial(self.source.queue, subscription.options)
        self.dispatch = dispatch.Dispatch(self.source.queue, subscription, kind, self.shared.made)

    def _is_to_be_served(self, subscription: Subscription) -> bool:
        kind = self.shared.kind_of(subscription.subscriber)
        if subscription.is_confirmed or not kind.can_be_asked:
            return True
        return not (kind.is_always_asked or self.shared.settings.require_confirmation)


def _line_of(progress: Progress) -> Line:
    if progress.failing:
        return Line.FAILING
    last = next((one for one in reversed(progress.outcomes) if one.attempts), None)
    return Line.ANSWERING if last is not None and last.is_delivered else Line.NEW


def end_of(notice: Notice, position: int) -> int:
    """Return the second at which a message ends."""
    return notice.created + notice.messages[position - notice.first].ttl
