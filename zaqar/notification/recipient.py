"""A leased subscription: what is to be attempted for it next, and what comes of each attempt."""

import dataclasses
import logging
from typing import TYPE_CHECKING

from zaqar.models import Failing, Held, Lease, Notice
from zaqar.notification import dispatch, schedule
from zaqar.notification.course import Course, Lane, Snapshot
from zaqar.notification.webhook import Answer
from zaqar.storage import ids

if TYPE_CHECKING:
    from zaqar.notification.source import Source

LOG = logging.getLogger(__name__)

_MOST_IN_PROGRESS = 4
_MOST_UNSAVED = 50
_SAVE_AT = 20
"""Unsaved attempts that ask for a save, early enough for the next ones not to wait for it."""

_LATER_MS = 30_000
"""When to try again what this service itself could not make."""

_SOON = 1.0


@dataclasses.dataclass(eq=False, slots=True)
class Job:
    """One attempt that is to be made."""

    recipient: "Recipient"
    position: int
    attempts: int
    """Made before."""
    lane: Lane | None
    """None: it is tried again."""
    notice: Notice | None
    """None: it has to be read."""
    is_failing: bool
    """Whether the last attempt of the subscription failed."""


class Recipient:
    """Decides for one subscription, while its lease lasts. All of it runs in the loop of deliveries."""

    def __init__(self, source: "Source", lease: Lease, *, ends: float) -> None:
        self.source = source
        self.subscription = lease.subscription
        self.id = lease.subscription.id
        self._is_served = lease.subscription.is_confirmed or not source.shared.settings.require_confirmation
        self.course = Course(lease.progress, is_certain=self._is_served)
        self.letterhead = dispatch.Letterhead(source.queue, lease.subscription, source.shared.made)
        self.parsed_id = ids.parse_id(self.id)
        self.is_queued = False
        """Whether it has a place in the line for turns."""
        self.is_failing = bool(lease.progress.failing)
        self.is_open = True
        """Whether anything may be begun."""
        self.is_resting = False
        """Whether its lease is just being given back."""
        self.is_gone = False
        """Whether the receiver wants no more, so that the subscription is to be deleted."""
        self.stale_since: float | None = None
        """When it was seen that the subscription has changed since it was leased."""
        self.lease_ends = ends
        self.leased_at = self.active_at = source.shared.monotonic()
        self._is_proven = False
        self._unseen: dict[str, int] = {}
        self._look_again_ms = 0
        if lease.is_hurried:
            self.hurry()

    # --- what is next -------------------------------------------------------------------------------------------------

    def take(self) -> Job | None:
        """Begin an attempt; None if there is nothing to begin now, and then something else brings the next turn."""
        if not self._may_begin():
            return None
        job = self._retry() or self._parked() or self._newer()
        if job is not None:
            self.active_at = self.source.shared.monotonic()
        return job

    def _may_begin(self) -> bool:
        shared = self.source.shared
        if not self.is_open or self.is_resting or shared.is_stopping or shared.monotonic() >= self.lease_ends:
            return False
        if self.course.unsaved >= _MOST_UNSAVED:
            return False  # a save is under way, or an attempt hangs before what a save could be about
        return self.course.in_progress < (_MOST_IN_PROGRESS if self._is_proven else 1)

    def _retry(self) -> Job | None:
        due = self.course.due(self.source.shared.now_ms()) if self.course.failing else None
        if due is None:
            return None
        self.course.retrying.add(due.position)
        return Job(self, due.position, due.attempts, None, None, self.is_failing)

    def _parked(self) -> Job | None:
        if not self.course.has_room:
            return None
        for lane in self.course.lanes:
            if not lane.is_busy:
                return self._in(lane, self.source.windows.following(lane.position - 1))
        return None

    def _newer(self) -> Job | None:
        course = self.course
        while len(course.lanes) < _MOST_IN_PROGRESS:
            if not course.has_room and not (course.is_full and self._look_again_ms <= self.source.shared.now_ms()):
                return None
            notice = self.source.windows.following(course.cursor)
            if notice is None:
                self.source.want(self)
                return None
            if not self._is_for_it(notice):
                course.cursor = notice.last
            elif not course.has_room:
                if not self._pass_over_late(notice):
                    return None
            else:
                job = self._in(course.open(notice), notice)
                if job is not None:
                    return job
        return None

    def _is_for_it(self, notice: Notice) -> bool:
        return self._is_served if notice.subscription_id is None else notice.subscription_id == self.id

    def _in(self, lane: Lane, notice: Notice | None) -> Job | None:
        """Begin with the next message of a lane that has not expired; None if it has none."""
        now = self.source.shared.now_ms() // 1000
        while notice is not None and lane in self.course.lanes:
            if now < notice.created + notice.messages[lane.position - notice.first].ttl:
                break
            self._give_up_unseen(notice, lane.position, "expired")
            self.course.advance(lane)
        if lane not in self.course.lanes:
            return None
        lane.is_busy = True
        return Job(self, lane.position, 0, lane, notice, self.is_failing)

    # --- what came of it ----------------------------------------------------------------------------------------------

    def settle(self, job: Job, notice: Notice, answer: Answer) -> None:
        """Note what came of an attempt."""
        course, now_ms = self.course, self.source.shared.now_ms()
        attempts = job.attempts + 1
        self.active_at = self.source.shared.monotonic()
        self.is_failing = not answer.is_delivered
        if answer.is_delivered:
            self._is_proven = True
            self.source.shared.counters.delivered += 1
            course.delivered(job.position, notice.token, attempts=attempts, at=now_ms // 1000, answer=answer.text)
        else:
            self._note_failure(job, notice, answer, attempts, now_ms)
        self._release(job)
        if course.unsaved >= _SAVE_AT and course.has_unsaved:
            self.source.ask_to_save()

    def postpone(self, job: Job, notice: Notice, reason: str) -> None:
        """Put off an attempt that could not be made, through no fault of the receiver; it does not count."""
        next_ms = self.source.shared.now_ms() + _LATER_MS
        self.course.fail(Failing(job.position, notice.token, job.attempts, next_ms, reason))
        self._release(job)

    def abandon(self, job: Job) -> None:
        """Take an attempt back, as though it had not begun."""
        self.course.retrying.discard(job.position)
        if job.lane is not None:
            job.lane.is_busy = False

    def give_up_lost(self, job: Job) -> None:
        """Give a message up whose notice is gone: that lasts longer than any message."""
        failing = self.course.failing.get(job.position)
        token = failing.token if failing is not None else "0" * ids.TOKEN_DIGITS
        self._give_up(job.position, token, job.attempts, "expired")
        self._release(job)

    def _release(self, job: Job) -> None:
        self.abandon(job)
        if job.lane is not None:
            self.course.advance(job.lane)

    def _note_failure(self, job: Job, notice: Notice, answer: Answer, attempts: int, now_ms: int) -> None:
        self.course.count_failure()
        self.source.shared.counters.failed_attempts += 1
        message_id = ids.format_id(job.position, notice.token)
        LOG.info("subscription %s: attempt %d of message %s failed: %s", self.id, attempts, message_id, answer.text)
        if answer.is_gone:
            self.is_gone, self.is_open = True, False
            self.source.wake()
        ends_ms = (notice.created + notice.messages[job.position - notice.first].ttl) * 1000
        waits = self._waits(notice)
        if attempts > len(waits):
            self._give_up(job.position, notice.token, attempts, answer.text)
            return
        next_ms = self._next_ms(waits[attempts - 1], answer, now_ms, ends_ms)
        if next_ms >= ends_ms:
            self._give_up(job.position, notice.token, attempts, f"expired; {answer.text}")
        else:
            self.course.fail(Failing(job.position, notice.token, attempts, next_ms, answer.text))

    def _next_ms(self, wait: int, answer: Answer, now_ms: int, ends_ms: int) -> int:
        next_ms = now_ms + round(schedule.with_jitter(wait) * 1000)
        asked = None if answer.retry_after is None else schedule.seconds_asked(answer.retry_after, now_ms // 1000)
        if asked is None:
            return next_ms
        return max(next_ms, min(now_ms + round(asked * 1000), ends_ms - 1000))

    def _waits(self, notice: Notice) -> tuple[int, ...]:
        of_queue = self.source.retry_policy if notice.subscription_id is None else None  # N-32
        return schedule.waits(schedule.chosen(dispatch.policy_of(self.subscription.options), of_queue))

    # --- what is not attempted ----------------------------------------------------------------------------------------

    def _pass_over_late(self, notice: Notice) -> bool:
        """Give up what is past the end of its schedule, while nothing newer is attempted; tell whether it is."""
        ends_ms = round((notice.created + schedule.length(self._waits(notice))) * 1000)
        if ends_ms > self.source.shared.now_ms():
            self._look_again_ms = ends_ms
            return False
        for position in range(max(notice.first, self.course.cursor + 1), notice.last + 1):
            self._give_up_unseen(notice, position, "receiver down")
        self.course.cursor = notice.last
        return True

    def _give_up_unseen(self, notice: Notice, position: int, reason: str) -> None:
        at = self.source.shared.now_ms() // 1000
        self.course.give_up(position, notice.token, attempts=0, at=at, reason=reason)
        self.source.shared.counters.given_up += 1
        self._unseen[reason] = self._unseen.get(reason, 0) + 1

    def _give_up(self, position: int, token: str, attempts: int, reason: str) -> None:
        at = self.source.shared.now_ms() // 1000
        self.course.give_up(position, token, attempts=attempts, at=at, reason=reason)
        self.source.shared.counters.given_up += 1
        message_id = ids.format_id(position, token)
        LOG.warning("subscription %s: gave up message %s after %d attempts: %s", self.id, message_id, attempts, reason)

    # --- the lease ----------------------------------------------------------------------------------------------------

    def hurry(self) -> None:
        """Try now what fails."""
        self.course.hurry(self.source.shared.now_ms())

    def snapshot(self) -> Snapshot:
        """Return what to save, and say what was given up unseen since."""
        for reason, number in self._unseen.items():
            LOG.warning("subscription %s: gave up %d messages without another attempt: %s", self.id, number, reason)
        self._unseen.clear()
        return self.course.snapshot()

    def saved(self, snapshot: Snapshot, held: Held, *, ends: float) -> None:
        """Go on, as the store has it and the lease with it."""
        self.lease_ends = ends
        if held.version != self.subscription.version:
            self.stale_since, self.is_open = self.source.shared.monotonic(), False
            return
        self.course.saved(snapshot)
        if held.is_hurried:
            self.hurry()

    def may_rest(self) -> bool:
        """Tell whether there is nothing to do for it that could not wait for another lease."""
        shared = self.source.shared
        if self.stale_since is not None and shared.monotonic() - self.stale_since > _SOON:
            return True  # what hangs is not waited for: it is told of the subscription as it was
        if self.course.in_progress:
            return False
        if self.stale_since is not None:
            return True
        wakes_ms = self.course.wakes_ms()
        if wakes_ms is not None and wakes_ms < shared.now_ms() + _SOON * 1000:
            return False
        if self.course.is_full:
            return self._look_again_ms > shared.now_ms()
        idle = shared.monotonic() - self.active_at
        return not self.course.lanes and self.source.is_at_end(self) and idle >= shared.settings.idle
