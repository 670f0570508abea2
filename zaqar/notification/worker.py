"""Makes the attempts, one after the other; a process has as many workers as places."""

import asyncio
import logging

from zaqar.encryption import Unreadable
from zaqar.errors import Unavailable
from zaqar.models import Notice
from zaqar.notification.choosing import DOWN, EXPIRED, take
from zaqar.notification.dispatch import CannotBeMade, OfAnother
from zaqar.notification.kinds.kind import Answer
from zaqar.notification.recipient import Job, Recipient, end_of
from zaqar.notification.settling import End, abandon, cancel, give_up, postpone, settle
from zaqar.notification.turns import Turns

LOG = logging.getLogger(__name__)

UNCONFIRMED = "not confirmed any more"

_AFTER_MISTAKE = 1.0
"""Seconds."""
_LONGEST = 4
"""Times that one attempt may take, a kind's waiting in a line of its own included, until it is ended."""


class Worker:
    """Takes turns and makes of each an attempt. It is cancelled to be stopped, and then takes back what it was at."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await self._take_turn()
            except Unavailable:
                pass  # said where the store is called; the subscription has its next turn when it is looked at again
            except (
                Exception
            ):  # the edge of this task: without its workers a process would deliver nothing, and say nothing
                LOG.exception("deliveries go on after a mistake")
                await asyncio.sleep(_AFTER_MISTAKE)

    async def _take_turn(self) -> None:
        job = await self._turns.next()
        try:
            is_settled = await self._settled(job)
        finally:
            self._turns.done(job)
        if is_settled:
            self._turns.add(job.recipient)

    async def _settled(self, job: Job) -> bool:
        """Do a job, and take back what is not done in the end; tell whether it is."""
        is_settled = False
        try:
            is_settled = await self._do(job)
        finally:
            if not is_settled:
                abandon(job)
        return is_settled

    async def _do(self, job: Job) -> bool:
        if job.position is None:
            return await self._read_on(job)
        notice = job.notice or await job.recipient.source.windows.containing(job.position)
        if notice is None:
            cancel(job, job.position, None, EXPIRED)
        elif not job.recipient.is_for_it(notice):
            cancel(job, job.position, notice, UNCONFIRMED)
        elif (end := _end_without_attempt(job, job.position, notice)) is not None:
            await give_up(job, job.position, notice, end)
        else:
            await self._attempt(job, job.position, notice)
        return True

    async def _read_on(self, job: Job) -> bool:
        """Read what comes next for a subscription, and go on with it before it can make place for others."""
        recipient = job.recipient
        await recipient.source.windows.fetch(recipient.cursor)
        abandon(job)
        following = take(recipient)
        if following is None or following.position is None:
            return True
        return await self._settled(following)

    async def _attempt(self, job: Job, position: int, notice: Notice) -> None:
        recipient = job.recipient
        try:
            answer = await self._delivered(recipient, notice, position)
        except (Unreadable, Unavailable) as error:
            if job.lane is not None:
                LOG.warning("subscription %s: what it is to be sent cannot be read: %s", recipient.id, error)
            postpone(job, position, notice, "the service cannot read it")
            return
        except OfAnother:
            cancel(job, position, notice, "it was for another subscriber")
            return
        except CannotBeMade as error:
            answer = Answer(str(error))
        except (
            Exception
        ):  # it counts as an attempt: else a message that cannot be sent would be tried for ever, without a pause
            LOG.exception("subscription %s: an attempt failed through a mistake", recipient.id)
            answer = Answer("a mistake of the service")
        if answer.is_ours:
            if job.lane is not None:
                recipient.ledger.waits(answer.text)
            postpone(job, position, notice, answer.text, retry_after=answer.retry_after)
        else:
            await settle(job, position, notice, answer)

    async def _delivered(self, recipient: Recipient, notice: Notice, position: int) -> Answer:
        """Deliver; a confirmation goes to the subscriber it was left for, whom the lease may not know yet."""
        try:
            delivery = recipient.dispatch.delivery(notice, position, recipient.shared.clock.now())
        except OfAnother:
            await recipient.source.leases.learn(recipient)
            delivery = recipient.dispatch.delivery(notice, position, recipient.shared.clock.now())
        # Kinds keep the times that are configured; one that does not must not keep the place for ever.
        async with asyncio.timeout(_LONGEST * recipient.shared.settings.total_timeout):
            answer = await recipient.dispatch.kind.deliver(delivery)
        if not isinstance(answer, Answer):
            raise TypeError(f"what came of an attempt must be an Answer, not {type(answer).__name__}")
        return answer


def _end_without_attempt(job: Job, position: int, notice: Notice) -> End | None:
    """Return why a message is not attempted; None where it is."""
    recipient = job.recipient
    if recipient.shared.clock.now() >= end_of(notice, position):
        return End("expired", EXPIRED)
    if job.is_late:
        return End("receiver_down", DOWN)
    if notice.purpose == "redelivery" and not recipient.is_served:
        return End("gone", UNCONFIRMED)
    failing = recipient.course.failing.get(position)
    if recipient.burial is not None and failing is not None and job.attempts > len(recipient.waits(notice.purpose)):
        return End("delivery_failed", failing.answer)  # it was attempted to the end, and could not become a dead letter
    return None
