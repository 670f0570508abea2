"""What is to be attempted next for a subscription: what is due again, else what comes next in the outbox."""

import logging

from zaqar.models import Notice
from zaqar.notification.course import Lane
from zaqar.notification.recipient import Job, Recipient, end_of

LOG = logging.getLogger(__name__)

_MOST_IN_PROGRESS = 4
_MOST_UNSAVED = 50
_MOST_LANES = 2 * _MOST_IN_PROGRESS
"""Those that wait while too much fails, and those that are given up meanwhile."""

EXPIRED = "expired"
DOWN = "receiver down"


def take(recipient: Recipient) -> Job | None:
    """Begin something; None if there is nothing to begin now, and then something else brings the next turn."""
    if not _may_begin(recipient):
        return None
    job = _retry(recipient) or _parked(recipient) or _newer(recipient)
    if job is not None:
        recipient.active_at = job.began
    return job


def _may_begin(recipient: Recipient) -> bool:
    if not recipient.is_open or recipient.is_resting or recipient.shared.is_stopping:
        return False
    if recipient.shared.monotonic() >= recipient.lease_ends or recipient.course.unsaved >= _MOST_UNSAVED:
        return False  # until the store answers again, or an attempt has ended before which nothing can be saved
    return recipient.course.in_progress < (_MOST_IN_PROGRESS if recipient.is_quick else 1)


def _retry(recipient: Recipient) -> Job | None:
    due = recipient.course.due(recipient.shared.now_ms()) if recipient.course.failing else None
    if due is None:
        return None
    recipient.course.retrying.add(due.position)
    return _job(recipient, due.position, attempts=due.attempts)


def _parked(recipient: Recipient) -> Job | None:
    if recipient.course.has_room:
        for lane in recipient.course.lanes:
            if not lane.is_busy:
                return _in(recipient, lane, recipient.source.windows.following(lane.position - 1))
    return None


def _newer(recipient: Recipient) -> Job | None:
    course = recipient.course
    if not course.has_room:
        if not _is_to_look_for_late(recipient):
            return None
        return _pass_over_late(recipient) if recipient.burial is None else _late(recipient)
    while len(course.lanes) < _MOST_IN_PROGRESS and not recipient.is_leaving:
        notice = recipient.source.windows.following(course.cursor)
        if notice is None:
            return _read_on(recipient)
        recipient.is_promised = False
        if recipient.is_for_it(notice):
            lane = course.open(notice)
            job = None if lane is None else _in(recipient, lane, notice)
            if job is not None:
                return job
        else:
            _pass_over(recipient, notice)
    return None


def _pass_over(recipient: Recipient, notice: Notice) -> None:
    """Go on behind what is not for a subscription; that it waits for its confirmation is said once (N-8)."""
    recipient.course.cursor = notice.last
    if not recipient.is_served and notice.subscription_id in (None, recipient.id) and not recipient.is_said_to_wait:
        recipient.is_said_to_wait = True
        LOG.info("subscription %s: passed over, as it is not confirmed", recipient.id)


def _read_on(recipient: Recipient) -> Job | None:
    """Wait for what comes; what was at hand already, and has made place for others, a worker is to read."""
    if not recipient.is_promised or recipient.is_reading:
        recipient.source.tail.want(recipient)
        return None
    recipient.is_promised, recipient.is_reading = False, True
    return _job(recipient, None)


def _in(recipient: Recipient, lane: Lane, notice: Notice | None) -> Job | None:
    """Begin with the next message of a lane that has not expired; None if it has none.

    Where what has expired becomes a dead letter, a worker is to see to that.
    """
    now = recipient.shared.now_ms() // 1000
    while recipient.burial is None and notice is not None and now >= end_of(notice, lane.position):
        recipient.ledger.gave_up_unseen(lane, [lane.position], EXPIRED)
        if not recipient.course.advance(lane):
            return None
    lane.is_busy = True
    return _job(recipient, lane.position, lane=lane, notice=notice)


def _job(
    recipient: Recipient,
    position: int | None,
    *,
    attempts: int = 0,
    lane: Lane | None = None,
    notice: Notice | None = None,
    is_late: bool = False,
) -> Job:
    return Job(recipient, position, attempts, lane, notice, recipient.line, recipient.shared.monotonic(), is_late)


def _is_to_look_for_late(recipient: Recipient) -> bool:
    return recipient.course.is_full and recipient.look_again_ms <= recipient.shared.now_ms()


def _pass_over_late(recipient: Recipient) -> Job | None:
    """Give up what is past the end of its schedule, while nothing newer is attempted."""
    course, now_ms = recipient.course, recipient.shared.now_ms()
    not_yet = []
    for lane in [one for one in course.lanes if not one.is_busy]:
        late_ms = recipient.late_ms(lane)
        if late_ms > now_ms:
            not_yet.append(late_ms)
        else:
            recipient.ledger.gave_up_unseen(lane, course.left(lane.position, lane.last), DOWN)
            course.lanes.remove(lane)
    while notice := recipient.source.windows.following(course.cursor):
        if recipient.is_for_it(notice):
            late_ms = recipient.late_ms(notice)
            if late_ms > now_ms:
                not_yet.append(late_ms)
                break
            first = max(notice.first, course.cursor + 1)
            recipient.ledger.gave_up_unseen(notice, course.left(first, notice.last), DOWN)
        course.cursor = notice.last
    else:
        return _read_on(recipient)
    recipient.look_again_ms = min(not_yet)
    return None


def _late(recipient: Recipient) -> Job | None:
    """Let a worker give up the next of what is past the end of its schedule, as it becomes a dead letter first.

    Of a subscription one message at a time, so that dead letters stand in the order of the posts, and thousands hold up nobody.
    """
    course, now_ms = recipient.course, recipient.shared.now_ms()
    if any(lane.is_busy for lane in course.lanes):
        return None
    not_yet = []
    for lane in course.lanes:
        late_ms = recipient.late_ms(lane)
        if late_ms <= now_ms:
            return _given_up(recipient, lane, recipient.source.windows.following(lane.position - 1))
        not_yet.append(late_ms)
    while len(course.lanes) < _MOST_LANES:
        notice = recipient.source.windows.following(course.cursor)
        if notice is None:
            return _read_on(recipient)
        if not recipient.is_for_it(notice):
            _pass_over(recipient, notice)
            continue
        late_ms = recipient.late_ms(notice)
        if late_ms > now_ms:
            recipient.look_again_ms = min([*not_yet, late_ms])
            return None
        opened = course.open(notice)
        if opened is not None:
            return _given_up(recipient, opened, notice)
    if not_yet:
        recipient.look_again_ms = min(not_yet)
    return None


def _given_up(recipient: Recipient, lane: Lane, notice: Notice | None) -> Job:
    lane.is_busy = True
    return _job(recipient, lane.position, lane=lane, notice=notice, is_late=True)
