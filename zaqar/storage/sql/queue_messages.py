"""The messages of a queue: each verb is one step, on a settled queue where that matters."""

from collections.abc import Sequence
from functools import partial

from zaqar.errors import QueueNotFound
from zaqar.models import Message, NewMessage, QueueKey
from zaqar.storage import contract
from zaqar.storage.ids import Id, MalformedId, parse_id, parse_ids
from zaqar.storage.sql import messages, records
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.schema import CLAIMED, DELAYED, READY
from zaqar.storage.sql.session import Transaction
from zaqar.storage.sql.settling import Settling


class QueueMessages(contract.Messages):
    """The messages in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def post(self, queue: QueueKey, new: Sequence[NewMessage], *, client_id: str, token: str) -> Sequence[str]:
        """Append messages. The embedded store never loses an answer, so it need not remember the token."""

        def step(transaction: Transaction) -> Sequence[str]:
            record = records.known(transaction, queue)
            return messages.insert(transaction, record, new, client_id=client_id, token=token)

        return self._database.write(step, adds=True)

    def list(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> Sequence[Message]:
        """Return a page."""
        states = (READY, *([DELAYED] if include_delayed else []), *([CLAIMED] if include_claimed else []))
        try:
            after = parse_id(marker).position if marker is not None else 0
            question = partial(
                messages.listed,
                queue=queue,
                after=after,
                limit=limit,
                hidden_client_id=hidden_client_id,
                states=states,
            )
            while (page := self._database.read(question)) is None:
                if not self._settling.settle(queue):
                    return self._database.read(partial(question, is_settled=True)) or []
        except (MalformedId, QueueNotFound):
            return []
        return page

    def get(self, queue: QueueKey, ids: Sequence[str]) -> Sequence[Message]:
        """Return those that exist."""
        names = parse_ids(ids)
        try:
            return self._database.read(lambda session: messages.found(session, records.find(session, queue), names))
        except QueueNotFound:
            return []

    def delete(self, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one; a malformed claim id is that of a claim that does not exist."""
        try:
            name = parse_id(message_id)
            claim = _claim(claim_id)
            self._database.write(
                lambda transaction: messages.delete(transaction, records.known(transaction, queue), name, claim)
            )
        except (MalformedId, QueueNotFound):
            return

    def delete_many(self, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str] | None) -> None:
        """Delete many."""
        names = parse_ids(ids)
        try:
            self._database.write(
                lambda transaction: messages.delete_many(
                    transaction, records.known(transaction, queue), names, claim_ids
                )
            )
        except QueueNotFound:
            return

    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Take the first messages that are ready."""
        try:
            return self._settling.write(queue, lambda transaction, record: messages.pop(transaction, record, limit))
        except QueueNotFound:
            return []


def _claim(claim_id: str | None) -> Id | None:
    """Return the parts of a claim's id; of a malformed one, those of no claim there ever was."""
    if claim_id is None:
        return None
    try:
        return parse_id(claim_id)
    except MalformedId:
        return Id(0, "")
