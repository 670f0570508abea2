"""Listing, and reading by id. Uses the index ``reading``, and that of ``_id``.

A query does not see one moment: a message that changes its state while an index on the state is read may be where the
reading has been already, and so be left out. Listings that show claimed ones, which change to and fro, go by ``_id``.
"""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import Message, QueueKey
from zaqar.storage.ids import MalformedId, format_id, parse_id, parse_ids
from zaqar.storage.mongodb.candidates import Candidates
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.messages import CLAIMED, DELAYED, READY, VISIBLE, living, messages
from zaqar.storage.mongodb.scope import id_of, message_key, scope_of


class Reading:
    """Shows messages."""

    def __init__(self, database: Database, clock: Clock, candidates: Candidates) -> None:
        self._database = database
        self._clock = clock
        self._candidates = candidates

    def page(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> list[Message]:
        """Return a page: the record, then one query that filters before it counts."""
        try:
            after = parse_id(marker).position if marker is not None else -1
            view = self._candidates.view(queue)
        except (MalformedId, QueueNotFound):
            return []
        now = self._clock.now()
        wanted: Document = {"queue": view.scope, "expires": living(now)}
        if hidden_client_id is not None:
            wanted["client"] = {"$ne": hidden_client_id}
        if include_claimed:
            shown = [READY, CLAIMED, *([DELAYED] if include_delayed else [])]
            found = self._candidates.in_key_order(view, wanted | {"state": {"$in": shown}}, after=after, limit=limit)
            return messages(found, now)
        wanted["position"] = view.positions(after=after)
        # Delayed ones first: what falls due in between is found twice rather than never.
        shown = [*([DELAYED] if include_delayed else []), READY]
        pages = [self._candidates.first(wanted | {"state": state}, limit=limit) for state in shown]
        by_key = {document["_id"]: document for page in pages for document in page}
        return messages([by_key[key] for key in sorted(by_key)][:limit], now)

    def get(self, queue: QueueKey, ids: Sequence[str]) -> list[Message]:
        """Return those that exist, in the order of the ids."""
        scope, now = scope_of(queue), self._clock.now()
        keys = [message_key(scope, format_id(*name)) for name in parse_ids(ids)]
        if not keys:
            return []
        wanted = {"_id": {"$in": keys}, "queue": scope, "state": {"$in": VISIBLE}, "expires": living(now)}
        found = self._database.run(lambda: list(self._database.messages.find(wanted, batch_size=len(keys) + 1)))
        by_id = {shown.id: shown for shown in messages(found, now)}
        return [by_id[id_of(key)] for key in keys if id_of(key) in by_id]
