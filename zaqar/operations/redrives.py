"""Redrives: bring dead letters back; show how far that is, cancel it."""

from collections.abc import Sequence

from zaqar.context import Context
from zaqar.errors import Invalid, RedriveNotFound, RedriveRunning
from zaqar.limits import Limits
from zaqar.models import QueueKey, Redrive
from zaqar.news import News
from zaqar.operations.authorization import Authorization
from zaqar.operations.redrive_terms import checked
from zaqar.operations.settings import KnownQueues
from zaqar.storage.ids import named, new_token


class Redrives:
    """The verbs of a redrive, which moves nothing by itself: the notifier does (``redriving.py``)."""

    def __init__(self, *, known: KnownQueues, authorization: Authorization, limits: Limits, news: News) -> None:
        self._known = known
        self._authorization = authorization
        self._limits = limits
        self._news = news

    def create(
        self,
        context: Context,
        queue: QueueKey,
        *,
        to: object = None,
        limit: object = None,
        rate: object = None,
        reason: object = None,
        dry_run: object = None,
    ) -> Redrive:
        """Begin to bring the queue's dead letters back; a term that is None sets no limit (http R-1 to R-6).

        Raises ``Invalid``, ``QueueNotFound``, ``RedriveRunning``.
        """
        self._check(context, queue)
        terms = checked(queue, to=to, limit=limit, rate=rate, reason=reason, dry_run=dry_run)
        if not self._limits.notifies:
            raise Invalid("Nothing would move the messages: the operator has set [notification] enabled to false.")
        store = self._known.store_for(queue)
        try:
            made = store.redrives.create(queue, terms, token=new_token())
        except RedriveRunning as refusal:
            running = store.redrives.get(queue)
            if running is None:  # deleted or purged meanwhile
                raise
            raise RedriveRunning(
                f"The redrive {running.id} of this queue is running: wait for its end, or cancel it."
            ) from refusal
        self._news.tell_change(queue)
        return made

    def list(self, context: Context, queue: QueueKey) -> Sequence[Redrive]:
        """Return the running redrive, or else the last one; none where there was none (http R-7)."""
        self._check(context, queue)
        found = self._known.store_for(queue).redrives.get(queue)
        return [] if found is None else [found]

    def get(self, context: Context, queue: QueueKey, redrive_id: str) -> Redrive:
        """Return the redrive (http R-8). Raises ``RedriveNotFound`` where it is not the queue's latest."""
        for redrive in self.list(context, queue):
            if redrive.id == redrive_id:
                return redrive
        raise RedriveNotFound("The queue has no such redrive; of each queue the latest is known.")

    def cancel(self, context: Context, queue: QueueKey, redrive_id: str) -> None:
        """End a redrive; do nothing where it has ended (http R-9). Raises ``RedriveNotFound``."""
        self._check(context, queue)
        self._known.store_for(queue).redrives.cancel(queue, named(redrive_id))

    def _check(self, context: Context, queue: QueueKey) -> None:
        self._authorization.check("messages:redrive", context)
        if queue.kind == "topic":
            raise Invalid("Topics have no dead letters to bring back.")
