"""What comes of an attempt: the message has arrived, is to be tried again, or is given up.

What is given up becomes a dead letter first, where the subscription has a queue for them. Until that is posted, the attempt goes on; and
while the store does not take it, or the lease may be somebody else's, the message is not given up.
"""

from typing import NamedTuple

from zaqar.errors import Unavailable
from zaqar.models import Notice, Reason
from zaqar.notification import schedule
from zaqar.notification.dead_letters import Death
from zaqar.notification.kinds.kind import Answer
from zaqar.notification.recipient import SOON, Job, Line, Recipient, end_of
from zaqar.storage import ids

_SAVE_AT = 20
"""Unsaved attempts that ask for a save, early enough for the next ones not to wait for it."""

_UNKNOWN = "0" * ids.TOKEN_DIGITS

_LATER = 30.0
"""Seconds after which to try again what this service itself could not make."""
_UNBURIED_MS = 1000
"""When to try again to post a dead letter."""


class End(NamedTuple):
    """Why a message is given up: for its dead letter, and for the record."""

    reason: Reason
    text: str


async def settle(job: Job, position: int, notice: Notice, answer: Answer) -> None:
    """Note what a receiver has answered. Raises nothing that a store does."""
    recipient, attempts = job.recipient, job.attempts + 1
    recipient.active_at = recipient.shared.monotonic()
    recipient.is_quick = answer.is_delivered or recipient.active_at - job.began < SOON
    recipient.line = Line.ANSWERING if answer.is_delivered else Line.FAILING
    if answer.is_delivered:
        recipient.ledger.delivered(notice, position, attempts=attempts, answer=answer.text)
    else:
        following = _following(recipient, position, notice, answer, attempts)
        if isinstance(following, End):
            following = await _buried(recipient, position, notice, following, attempts, answer.text)
        _note_failure(recipient, position, notice, answer, attempts, following)
        recipient.shared.counters.failed_attempts += 1
    _end(job)
    if recipient.course.unsaved >= _SAVE_AT and recipient.course.has_unsaved:
        recipient.source.ask_to_save()


def postpone(job: Job, position: int, notice: Notice, reason: str, *, retry_after: str | None = None) -> None:
    """Put off an attempt that could not be made, through no fault of the receiver; it does not count."""
    now_ms = job.recipient.shared.now_ms()
    asked = None if retry_after is None else schedule.seconds_asked(retry_after, now_ms // 1000)
    next_ms = now_ms + round((_LATER if asked is None else asked) * 1000)
    job.recipient.ledger.put_off(notice, position, attempts=job.attempts, next_ms=next_ms, answer=reason)
    _end(job)


async def give_up(job: Job, position: int, notice: Notice, end: End) -> None:
    """Give up what is not to be attempted any more, once it is a dead letter.

    Where the store does not take that, it is put off, or raises ``Unavailable``.
    """
    recipient = job.recipient
    failing = recipient.course.failing.get(position)
    answer = end.text if failing is None else failing.answer
    try:
        await _bury(recipient, position, notice, end, job.attempts, answer)
    except Unavailable:
        if job.lane is not None:  # there may be no place among what fails: the lane waits until it is looked at again
            raise
        next_ms = recipient.shared.now_ms() + _UNBURIED_MS
        recipient.ledger.put_off(notice, position, attempts=job.attempts, next_ms=next_ms, answer=answer)
    else:
        original_id = notice.original_id(position)
        recipient.ledger.gave_up(
            notice.token, position, attempts=job.attempts, reason=end.text, original_id=original_id
        )
    _end(job)


def cancel(job: Job, position: int, notice: Notice | None, reason: str) -> None:
    """End with what is for nobody any more; without a notice it is gone from the outbox."""
    failing = job.recipient.course.failing.get(position)
    token, original_id = _UNKNOWN, None
    if notice is not None:
        token, original_id = notice.token, notice.original_id(position)
    elif failing is not None:
        token, original_id = failing.token, failing.original_id
    job.recipient.ledger.gave_up(token, position, attempts=job.attempts, reason=reason, original_id=original_id)
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


def _following(recipient: Recipient, position: int, notice: Notice, answer: Answer, attempts: int) -> int | End:
    """Return when a message that was not taken is tried again, in milliseconds since 1970, or why it is not."""
    waits, ends_ms = recipient.waits(notice.purpose), end_of(notice, position) * 1000
    if answer.is_gone and recipient.burial is not None:
        return End("gone", answer.text)
    if answer.is_final or attempts > len(waits):
        return End("delivery_failed", answer.text)
    next_ms = schedule.next_ms(
        waits[attempts - 1], retry_after=answer.retry_after, now_ms=recipient.shared.now_ms(), ends_ms=ends_ms
    )
    return next_ms if next_ms < ends_ms else End("expired", f"expired; {answer.text}")


def _note_failure(
    recipient: Recipient, position: int, notice: Notice, answer: Answer, attempts: int, following: int | End
) -> None:
    ledger = recipient.ledger
    ledger.attempt_failed(notice, position, attempts=attempts, answer=answer.text)
    if answer.is_gone and (isinstance(following, End) or recipient.burial is None):
        # Its subscription goes with what fails: not before this is a dead letter, where it is to be one.
        recipient.is_gone, recipient.is_open = True, False
        recipient.source.wake()
    if isinstance(following, End):
        original_id = notice.original_id(position)
        ledger.gave_up(notice.token, position, attempts=attempts, reason=following.text, original_id=original_id)
    else:
        ledger.put_off(notice, position, attempts=attempts, next_ms=following, answer=answer.text)


async def _buried(
    recipient: Recipient, position: int, notice: Notice, end: End, attempts: int, answer: str
) -> int | End:
    """Return the end of a message that may be noted now; when to try again where it could not become a dead letter."""
    try:
        await _bury(recipient, position, notice, end, attempts, answer)
    except Unavailable:
        return recipient.shared.now_ms() + _UNBURIED_MS
    return end


async def _bury(recipient: Recipient, position: int, notice: Notice, end: End, attempts: int, answer: str) -> None:
    """Post the dead letter, if there is to be one. Raises ``Unavailable``."""
    if recipient.burial is None or notice.purpose == "question":
        return
    shared = recipient.shared
    if shared.monotonic() >= recipient.lease_ends:
        raise Unavailable("The lease is over.")  # whoever has it now decides
    death = Death(reason=end.reason, attempts=attempts, answer=answer, at=shared.now_ms() // 1000)
    await shared.dead_letters.post(recipient.burial, recipient.source.queue, recipient.id, notice, position, death)
