"""What comes of an attempt: the message has arrived, is to be tried again, or is given up."""

from zaqar.models import Notice
from zaqar.notification import schedule
from zaqar.notification.kinds.kind import Answer
from zaqar.notification.recipient import SOON, Job, Line, Recipient, end_of
from zaqar.storage import ids

_SAVE_AT = 20
"""Unsaved attempts that ask for a save, early enough for the next ones not to wait for it."""

_UNKNOWN = "0" * ids.TOKEN_DIGITS

_LATER_MS = 30_000
"""When to try again what this service itself could not make."""


def settle(job: Job, position: int, notice: Notice, answer: Answer) -> None:
    """Note what a receiver has answered."""
    recipient, attempts = job.recipient, job.attempts + 1
    recipient.active_at = recipient.shared.monotonic()
    recipient.is_quick = answer.is_delivered or recipient.active_at - job.began < SOON
    recipient.line = Line.ANSWERING if answer.is_delivered else Line.FAILING
    if answer.is_delivered:
        recipient.ledger.delivered(notice, position, attempts=attempts, answer=answer.text)
    else:
        _note_failure(recipient, position, notice, answer, attempts)
        recipient.shared.counters.failed_attempts += 1
    _end(job)
    if recipient.course.unsaved >= _SAVE_AT and recipient.course.has_unsaved:
        recipient.source.ask_to_save()


def postpone(job: Job, position: int, notice: Notice, reason: str) -> None:
    """Put off an attempt that could not be made, through no fault of the receiver; it does not count."""
    next_ms = job.recipient.shared.now_ms() + _LATER_MS
    job.recipient.ledger.put_off(notice, position, attempts=job.attempts, next_ms=next_ms, answer=reason)
    _end(job)


def give_up(job: Job, position: int, notice: Notice | None, reason: str) -> None:
    """Give up what is not to be attempted any more; without a notice it is gone from the outbox."""
    failing = job.recipient.course.failing.get(position)
    known = failing if notice is None else notice
    token = _UNKNOWN if known is None else known.token
    job.recipient.ledger.gave_up(token, position, attempts=job.attempts, reason=reason)
    _end(job)


def abandon(job: Job) -> None:
    """Take back what was begun, as though it had not been."""
    if job.position is None:
        job.recipient.is_reading = False
    elif job.lane is None:
        job.recipient.course.retrying.discard(job.position)
    else:
        job.lane.is_busy = False


def _end(job: Job) -> None:
    abandon(job)
    if job.lane is not None:
        job.recipient.course.advance(job.lane)


def _note_failure(recipient: Recipient, position: int, notice: Notice, answer: Answer, attempts: int) -> None:
    ledger = recipient.ledger
    ledger.attempt_failed(notice, position, attempts=attempts, answer=answer.text)
    if answer.is_gone:
        recipient.is_gone, recipient.is_open = True, False
        recipient.source.wake()
    waits, ends_ms = recipient.waits(notice.purpose), end_of(notice, position) * 1000
    if attempts > len(waits):
        ledger.gave_up(notice.token, position, attempts=attempts, reason=answer.text)
        return
    next_ms = schedule.next_ms(
        waits[attempts - 1], retry_after=answer.retry_after, now_ms=recipient.shared.now_ms(), ends_ms=ends_ms
    )
    if next_ms >= ends_ms:
        ledger.gave_up(notice.token, position, attempts=attempts, reason=f"expired; {answer.text}")
    else:
        ledger.put_off(notice, position, attempts=attempts, next_ms=next_ms, answer=answer.text)
