"""What is to be delivered to the subscribers of queues, and how far that is: the outbox (``doc/decisions/outbox.rst``)."""

import abc
from collections.abc import Mapping, Sequence

from zaqar.models import Held, Lease, NewMessage, Notice, QueueKey, Saved, Standing
from zaqar.storage.ids import Id


class Deliveries(abc.ABC):
    """The outboxes of queues: a log of notices each, and the progress of each subscription through it.

    A post to a queue with a live subscription leaves a notice in the step that stores it, also where the messages are
    delayed. A notice goes when every live subscription has it behind its ``low``, and at the latest an hour after the
    end of its last message; deleting or purging the queue, or its messages, leaves it. Notices become visible in
    the order of positions: none appears behind one that was visible already.
    """

    @abc.abstractmethod
    def sources(self) -> Sequence[QueueKey]:
        """Return every queue whose log may not be empty; one that a crash kept from being noted as well."""

    @abc.abstractmethod
    def lease(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Sequence[Lease]:
        """Take, for the next seconds, up to ``limit`` subscriptions that have work and that nobody holds, in one step.

        A subscription has work where a notice lies behind its ``high`` and it is not full, where its ``wakes_ms`` has
        come, or where it was hurried, of which the lease tells, once. Those that are furthest behind come first. A call
        also removes subscriptions that have ended, a bounded number, and what of the log nobody needs then.

        ``holder``: who takes it, a word without spaces that no other process uses.
        """

    @abc.abstractmethod
    def notices(self, queue: QueueKey, *, after: int, most_bytes: int) -> Sequence[Notice]:
        """Return the notices with a message behind the position ``after``, in order, of so many bytes of bodies.

        At least one where there is any; none of them has a post before it that may still become visible.
        """

    @abc.abstractmethod
    def save(self, queue: QueueKey, *, holder: str, seconds: float, saved: Sequence[Saved]) -> Mapping[str, Held]:
        """Store progress, where the holder has the lease still, which then goes on for ``seconds`` unless it is released.

        At most 100 at a time. Returns, by id, those that were held; of the others nothing was stored, as they are gone or
        somebody else has them. Removes from the log what nobody needs any more; a networked store may leave that for the
        next call, when one came a moment ago.
        """

    @abc.abstractmethod
    def address(self, queue: QueueKey, subscription_id: Id, message: NewMessage, *, token: str) -> None:
        """Leave a notice, a question, of a message that is for one subscription, and in no queue.

        Raises ``QueueNotFound`` where there is no record of the queue.
        """

    @abc.abstractmethod
    def standing(self, queue: QueueKey, subscription_id: Id) -> Standing:
        """Tell how far a subscription is. Raises ``SubscriptionNotFound``."""

    @abc.abstractmethod
    def hurry(self, queue: QueueKey, subscription_id: Id) -> None:
        """Let what fails be tried now: whoever holds the lease, or takes it next, is told. Raises ``SubscriptionNotFound``."""
