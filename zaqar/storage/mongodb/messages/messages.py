"""The messages of a queue: listing, reading by id, and which module does the rest. Uses the index ``reading``, and that of ``_id``.

A query does not see one moment: a message that changes its state while an index on the state is read may be where the
reading has been already, and so be left out. Listings that show claimed ones, which change to and fro, go by ``_id``:
the record first, then a query of its own, as there is no hint inside a ``$lookup``. Those that show delayed ones, which
change to ready only, look for these first, also by a query of their own: what falls due in between is found twice rather
than never.
"""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import Message, NewMessage, QueueKey
from zaqar.storage import contract
from zaqar.storage.ids import Id, format_id
from zaqar.storage.mongodb.messages.candidates import Candidates
from zaqar.storage.mongodb.messages.deletion import Deletion
from zaqar.storage.mongodb.messages.encoding import CLAIMED, DELAYED, READY, VISIBLE, draft, living, messages
from zaqar.storage.mongodb.messages.kept import kept
from zaqar.storage.mongodb.messages.popping import Popping
from zaqar.storage.mongodb.messages.posting import Posting
from zaqar.storage.mongodb.messages.scope import id_of, message_key, scope_of
from zaqar.storage.mongodb.server.connection import Database, Document


class QueueMessages(contract.Messages):
    """The messages in one database. ``memory``: seconds for which the token of a post is remembered."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        candidates: Candidates,
        posting: Posting,
        deletion: Deletion,
        popping: Popping,
        *,
        memory: int,
    ) -> None:
        self._database = database
        self._clock = clock
        self._candidates = candidates
        self._posting = posting
        self._deletion = deletion
        self._popping = popping
        self._memory = memory

    def post(self, queue: QueueKey, new: Sequence[NewMessage], *, client_id: str, token: str) -> Sequence[str]:
        """Append messages: reserve, insert, publish."""
        now = self._clock.now()
        drafts = [draft(each, now=now, client_id=client_id) for each in new]
        return self._posting.post(queue, drafts, token, memory=self._memory)

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
        """Return a page, filtered before it is counted: one command, or two where not only ready ones are shown."""
        wanted: Document = {} if hidden_client_id is None else {"client": {"$ne": hidden_client_id}}
        after = -1 if marker is None else marker.position
        try:
            if include_claimed:
                found = self._with_claimed(queue, wanted, after=after, limit=limit, include_delayed=include_delayed)
            elif include_delayed:
                found = self._with_delayed(queue, wanted, after=after, limit=limit)
            else:
                found = self._candidates.first(queue, wanted | {"state": READY}, after=after, limit=limit).found
        except QueueNotFound:
            return []
        return messages(found, self._clock.now())

    def get(self, queue: QueueKey, ids: Sequence[Id]) -> Sequence[Message]:
        """Return those that exist, in the order of the ids."""
        scope, now = scope_of(queue), self._clock.now()
        keys = [message_key(scope, format_id(*name)) for name in ids]
        if not keys:
            return []
        wanted = {"_id": {"$in": keys}, "state": {"$in": VISIBLE}, "expires": living(now)}
        by_id = {shown.id: shown for shown in messages(kept(self._database, scope, wanted), now)}
        return [by_id[id_of(key)] for key in keys if id_of(key) in by_id]

    def delete(self, queue: QueueKey, message_id: Id, *, claim_id: Id | None) -> None:
        """Delete one."""
        self._deletion.delete(queue, message_id, claim_id=claim_id)

    def delete_many(self, queue: QueueKey, ids: Sequence[Id], *, claim_ids: Sequence[Id] | None) -> None:
        """Delete many."""
        if claim_ids is None:
            self._deletion.delete_many(queue, ids)
        else:
            self._deletion.delete_held(queue, ids, claim_ids)

    def pop(self, queue: QueueKey, *, limit: int) -> Sequence[Message]:
        """Take the first messages that are ready."""
        return self._popping.pop(queue, limit=limit)

    def _with_claimed(
        self, queue: QueueKey, wanted: Document, *, after: int, limit: int, include_delayed: bool
    ) -> Sequence[Document]:
        shown = VISIBLE if include_delayed else [READY, CLAIMED]
        view = self._candidates.view(queue)
        return self._candidates.in_key_order(view, wanted | {"state": {"$in": shown}}, after=after, limit=limit)

    def _with_delayed(self, queue: QueueKey, wanted: Document, *, after: int, limit: int) -> Sequence[Document]:
        view = self._candidates.first(queue, wanted | {"state": DELAYED}, after=after, limit=limit)
        ready = self._candidates.more(view, wanted | {"state": READY}, after=after, limit=limit)
        by_key = {document["_id"]: document for document in (*view.found, *ready)}
        return [by_key[key] for key in sorted(by_key)][:limit]
