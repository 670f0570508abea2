"""The messages of a queue: each verb is one step, on a settled queue where that matters."""

import contextlib
from collections.abc import Sequence
from functools import partial

from zaqar.errors import QueueNotFound
from zaqar.models import Audience, Message, MessageDetails, NewMessage, Posted, QueueKey
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql.messages import deletion, lookup, posting, reading, remembered_posts, taking
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.schema import CLAIMED, DELAYED, READY
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Session, Transaction


class QueueMessages(contract.Messages):
    """The messages in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

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
        """Append messages. The embedded store never loses an answer, so without ``memory`` it forgets the token."""

        def step(transaction: Transaction) -> Posted:
            record = lookup.remembered(transaction, queue)
            first = remembered_posts.find(transaction, record.id, token) if memory else None
            if first is not None:
                return Posted(posting.ids(first, token, len(new)), has_notice=audience != "nobody")
            posted = posting.insert(transaction, record, new, client_id=client_id, token=token, audience=audience)
            if memory and new:
                remembered_posts.keep(transaction, record.id, posted.ids[0], seconds=memory)
            return posted

        return self._database.write(step, adds=True)

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
        states = (READY, *([DELAYED] if include_delayed else []), *([CLAIMED] if include_claimed else []))
        question = partial(
            reading.listed,
            queue=queue,
            after=0 if marker is None else marker.position,
            limit=limit,
            hidden_client_id=hidden_client_id,
            states=states,
        )
        try:
            while (page := self._database.read(question)) is None:
                if not self._settling.settle(queue):
                    return self._database.read(partial(question, is_settled=True)) or []
        except QueueNotFound:
            return []
        return page

    def get(self, queue: QueueKey, ids: Sequence[Id]) -> Sequence[Message]:
        """Return those that exist."""
        try:
            return self._database.read(lambda session: reading.found(session, lookup.find(session, queue), ids))
        except QueueNotFound:
            return []

    def details(self, queue: QueueKey, message_id: Id) -> MessageDetails:
        """Return all that is known of one."""

        def question(session: Session) -> MessageDetails:
            return reading.details(session, lookup.find(session, queue), message_id)

        try:
            return self._database.read(question)
        except QueueNotFound:
            raise refusals.no_message() from None

    def delete(self, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
        """Delete one."""
        with contextlib.suppress(QueueNotFound):
            self._database.write(
                lambda transaction: deletion.delete(transaction, lookup.known(transaction, queue), message_id, claim_id)
            )

    def delete_many(self, queue: QueueKey, ids: Sequence[Id], *, claim_ids: Sequence[Id] | None) -> None:
        """Delete many."""
        with contextlib.suppress(QueueNotFound):
            self._database.write(
                lambda transaction: deletion.delete_many(transaction, lookup.known(transaction, queue), ids, claim_ids)
            )

    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Take the first messages that are ready."""
        try:
            return self._settling.write(queue, lambda transaction, record: taking.pop(transaction, record, limit))
        except QueueNotFound:
            return []
