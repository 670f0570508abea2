"""Redrives: dead letters go back to where they came from."""

import abc
from collections.abc import Sequence

from zaqar.models import QueueKey, Redrive, RedriveTerms
from zaqar.storage.ids import Id


class Redrives(abc.ABC):
    """The redrive of each queue: the one that is running, else the last. It goes with the queue's record; a purge ends it.

    Messages move in steps, as those of claims do. Each step is atomic as far as anybody sees, also over a crash: a message
    is in its queue or where it moves to, never in both and never in neither for longer than until the next step or the sweep.
    """

    @abc.abstractmethod
    def create(self, queue: QueueKey, terms: RedriveTerms, *, token: str) -> Redrive:
        """Begin one, for the messages that are in the queue now. ``token``: the last 16 hex digits of its id, random.

        Raises ``QueueNotFound``; ``RedriveRunning`` where one is running.
        """

    @abc.abstractmethod
    def get(self, queue: QueueKey) -> Redrive | None:
        """Return the queue's redrive, running or ended; None where there was none, or the queue is missing."""

    @abc.abstractmethod
    def cancel(self, queue: QueueKey, redrive_id: Id) -> None:
        """End it; at most the step that is under way still moves something. Silent where it has ended.

        Raises ``RedriveNotFound`` where the queue's redrive has another id.
        """

    @abc.abstractmethod
    def running(self) -> Sequence[QueueKey]:
        """Return every queue that may have a running redrive; one that a crash kept from being noted as well."""

    @abc.abstractmethod
    def step(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Redrive | None:
        """Look at up to ``limit`` ready messages (at most 200) from where the running redrive is, and move what its terms choose.

        Returns it as it then is, ended when nothing is left to look at or its own limit is reached. The redrive is the
        holder's for ``seconds`` from then on; None where it is somebody else's, or none is running.

        A message moves to ``terms.to``; else back to its origin: where that names a subscription, a notice for it is left
        in the outbox of the origin's queue, a redelivery with the origin, and the message is in no queue any more; else the message is
        posted to that queue. Either way nobody is told, it has the ttl of its origin (its own where it has none), which
        restarts, a fresh position, claim count 0 and no delay, and its origin counts one redriven more. Messages without an
        origin move only to ``terms.to``, where no reason is given; a message whose subscription has ended is left.
        They arrive in the order in which they stood. A dry run moves nothing, and counts what it would have moved.

        Raises ``QueueNotFound`` where something has to move and that queue has no record; nothing moved then.
        """
