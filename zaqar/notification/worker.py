"""Makes the attempts, one after the other; a process has as many workers as places."""

import logging

from zaqar.encryption import Unreadable
from zaqar.errors import Unavailable
from zaqar.models import Notice
from zaqar.notification.dispatch import CannotBeMade
from zaqar.notification.recipient import Job
from zaqar.notification.turns import Turns
from zaqar.notification.webhook import Answer, Webhooks

LOG = logging.getLogger(__name__)


class Worker:
    """Takes turns and makes of each an attempt. It is cancelled to be stopped, and then takes back what it was at."""

    def __init__(self, turns: Turns, webhooks: Webhooks) -> None:
        self._turns = turns
        self._webhooks = webhooks

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            job = await self._turns.next()
            is_settled = False
            try:
                is_settled = await self._do(job)
            except Unavailable:
                LOG.debug("an attempt waits for its notice")
            except Exception:
                LOG.exception("subscription %s: an attempt was not made, through a mistake", job.recipient.id)
            finally:
                if not is_settled:
                    job.recipient.abandon(job)
                self._turns.done(job)
            if is_settled:
                self._turns.add(job.recipient)

    async def _do(self, job: Job) -> bool:
        notice = job.notice or await job.recipient.source.windows.containing(job.position)
        if notice is None:
            job.recipient.give_up_lost(job)
        else:
            await self._attempt(job, notice)
        return True

    async def _attempt(self, job: Job, notice: Notice) -> None:
        recipient = job.recipient
        try:
            made = recipient.letterhead.dispatch(notice, job.position, recipient.source.shared.clock.now())
        except (Unreadable, Unavailable) as error:
            if job.attempts == 0 or job.lane is not None:
                LOG.warning("subscription %s: what it is to be sent cannot be read: %s", recipient.id, error)
            recipient.postpone(job, notice, "its body cannot be read")
        except CannotBeMade as error:
            recipient.settle(job, notice, Answer(str(error)))
        else:
            recipient.settle(job, notice, await self._webhooks.send(made.url, made.headers, made.body))
