"""The messages of the storage contract; what each method does is in a module of its own."""

from collections.abc import Sequence

from zaqar.models import Audience, Message, MessageDetails, NewMessage, Posted, QueueKey
from zaqar.storage import contract, tokens
from zaqar.storage.ids import Id
from zaqar.storage.mongodb.messages import deletion, popping, posting, reading
from zaqar.storage.mongodb.messages.encoding import draft
from zaqar.storage.mongodb.messages.post import Post
from zaqar.storage.mongodb.messages.session import Session


class QueueMessages(contract.Messages):
    """The messages in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def post(
        self,
        queue: QueueKey,
        new: Sequence[NewMessage],
        *,
        client_id: str,
        token: str,
        audience: Audience = "everybody",
        memory: int = 0,
    ) -> Posted:
        """Append messages."""
        session = self._session
        now = session.clock.now()
        drafts = [draft(each, now=now, client_id=client_id) for each in new]
        post = Post(
            queue,
            drafts,
            token,
            max(memory, tokens.memory(session.patience)),
            is_silent=audience == "nobody",
            purpose="post" if audience == "everybody" else "copy",
        )
        return posting.post(session, post)

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
        """Return a page."""
        return reading.listed(
            self._session,
            queue,
            marker=marker,
            limit=limit,
            hidden_client_id=hidden_client_id,
            include_claimed=include_claimed,
            include_delayed=include_delayed,
        )

    def get(self, queue: QueueKey, ids: Sequence[Id]) -> Sequence[Message]:
        """Return those that exist, in the order of the ids."""
        return reading.found(self._session, queue, ids)

    def details(self, queue: QueueKey, message_id: Id) -> MessageDetails:
        """Return all that is known of one."""
        return reading.details(self._session, queue, message_id)

    def delete(self, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
        """Delete one."""
        deletion.delete(self._session, queue, message_id, claim_id=claim_id)

    def delete_many(self, queue: QueueKey, ids: Sequence[Id], *, claim_ids: Sequence[Id] | None) -> None:
        """Delete many."""
        if claim_ids is None:
            deletion.delete_many(self._session, queue, ids)
        else:
            deletion.delete_held(self._session, queue, ids, claim_ids)

    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Take the first messages that are ready."""
        return popping.pop(self._session, queue, limit=limit)
