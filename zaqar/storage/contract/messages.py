"""Messages of a queue."""

import abc
from collections.abc import Sequence

from zaqar.models import Audience, Message, MessageDetails, NewMessage, Posted, QueueKey
from zaqar.storage.ids import Id


class Messages(abc.ABC):
    """Messages, in post order.

    Messages of a queue are listed, claimed and popped in post order, and a reader that follows markers never misses
    one: no message appears behind one that was visible already (storage R2.3.4).
    """

    @abc.abstractmethod
    def post(
        self,
        queue: QueueKey,
        messages: Sequence[NewMessage],
        *,
        client_id: str,
        token: str,
        audience: Audience = "everybody",
        memory: int = 0,
    ) -> Posted:
        """Append messages in order, all or none, with a notice for the queue's subscribers unless nobody is to be told.

        ``token``: 16 hex digits, random, made once per post by the caller. A networked store remembers it, so that a
        repetition after a lost answer does not post twice.

        ``memory``: seconds for which any store remembers the token, at least, also when the messages are gone and after a
        crash; a repetition posts nothing then, unless the queue was deleted meanwhile. For who makes the token from what
        is posted. With 0 an embedded store, which answers whenever it has posted, remembers nothing.

        A repetition may say of the notice what the first attempt would have said, or that there is one.

        Raises ``QueueNotFound`` where there is no record of the queue.
        """

    @abc.abstractmethod
    def list(
        self,
        queue: QueueKey,
        *,
        marker: Id | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> Sequence[Message]:
        """Return up to ``limit`` messages after ``marker`` (an id, living or not), oldest first.

        ``hidden_client_id`` leaves out what that client posted. Filters apply before the limit: a short page means
        that nothing more matches (storage R2.4.5). A missing queue gives an empty list.
        """

    @abc.abstractmethod
    def get(self, queue: QueueKey, ids: Sequence[Id]) -> Sequence[Message]:
        """Return those that exist, claimed and delayed ones included, in the order of ``ids``, each of which is given once."""

    @abc.abstractmethod
    def details(self, queue: QueueKey, message_id: Id) -> MessageDetails:
        """Return all that is known of a message. Raises ``MessageNotFound``."""

    @abc.abstractmethod
    def delete(self, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
        """Delete one message; silent when it does not exist.

        Raises ``MessageClaimed`` when a live claim other than ``claim_id`` holds it (and ``claim_id``, where given,
        exists); ``ClaimNotHeld`` when ``claim_id`` is unknown or the message is not claimed (storage R2.9.1).
        """

    @abc.abstractmethod
    def delete_many(self, queue: QueueKey, ids: Sequence[Id], *, claim_ids: Sequence[Id] | None) -> None:
        """Delete those that exist, claimed or not; each id is given once.

        With ``claim_ids``, each existing message must be held by one of these live claims; otherwise raises
        ``MessageClaimed`` and deletes nothing (http O-42).
        """

    @abc.abstractmethod
    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Remove and return up to ``limit`` messages that are neither claimed nor delayed, oldest first."""
