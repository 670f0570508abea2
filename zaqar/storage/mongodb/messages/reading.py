"""Reading messages: a page of a queue, or those of some ids. Uses the index ``reading``, and that of ``_id``.

A query does not see one moment: a message that changes its state while an index on the state is read may be where the
reading has been already, and so be left out. Listings that show claimed ones, which change to and fro, go by ``_id``:
the record first, then a query of its own, as there is no hint inside a ``$lookup``. Those that show delayed ones, which
change to ready only, look for these first, also by a query of their own: what falls due in between is found twice rather
than never.
"""

from collections.abc import Sequence

from zaqar.errors import QueueNotFound
from zaqar.models import Message, MessageDetails, QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.mongodb.messages import candidates, encoding
from zaqar.storage.mongodb.messages.encoding import CLAIMED, DELAYED, READY, VISIBLE, living, messages
from zaqar.storage.mongodb.messages.kept import kept
from zaqar.storage.mongodb.messages.scope import id_of, message_key, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def listed(
    session: Session,
    queue: QueueKey,
    *,
    marker: Id | None,
    limit: int,
    hidden_client_id: str | None,
    include_claimed: bool,
    include_delayed: bool,
) -> list[Message]:
    """Return a page, filtered before it is counted: one command, or two where not only ready ones are shown."""
    wanted: Document = {} if hidden_client_id is None else {"client": {"$ne": hidden_client_id}}
    after = -1 if marker is None else marker.position
    try:
        if include_claimed:
            page = _with_claimed(session, queue, wanted, after=after, limit=limit, include_delayed=include_delayed)
        elif include_delayed:
            page = _with_delayed(session, queue, wanted, after=after, limit=limit)
        else:
            page = candidates.first(session, queue, wanted | {"state": READY}, after=after, limit=limit).found
    except QueueNotFound:
        return []
    return messages(page, session.clock.now())


def found(session: Session, queue: QueueKey, ids: Sequence[Id]) -> list[Message]:
    """Return those messages that exist, in the order of the ids."""
    scope, now = scope_of(queue), session.clock.now()
    keys = [message_key(scope, format_id(*name)) for name in ids]
    if not keys:
        return []
    wanted = {"_id": {"$in": keys}, "state": {"$in": VISIBLE}, "expires": living(now)}
    by_id = {shown.id: shown for shown in messages(kept(session, scope, wanted), now)}
    return [by_id[id_of(key)] for key in keys if id_of(key) in by_id]


def details(session: Session, queue: QueueKey, name: Id) -> MessageDetails:
    """Return all that is known of a message. Raises ``MessageNotFound``."""
    scope, now = scope_of(queue), session.clock.now()
    key = message_key(scope, format_id(*name))
    wanted = {"_id": key, "state": {"$in": VISIBLE}, "expires": living(now)}
    for document in kept(session, scope, wanted):
        return encoding.details(document, now)
    raise refusals.no_message()


def _with_claimed(
    session: Session, queue: QueueKey, wanted: Document, *, after: int, limit: int, include_delayed: bool
) -> Sequence[Document]:
    shown = VISIBLE if include_delayed else [READY, CLAIMED]
    view = candidates.view(session, queue)
    return candidates.in_key_order(session, view, wanted | {"state": {"$in": shown}}, after=after, limit=limit)


def _with_delayed(session: Session, queue: QueueKey, wanted: Document, *, after: int, limit: int) -> Sequence[Document]:
    view = candidates.first(session, queue, wanted | {"state": DELAYED}, after=after, limit=limit)
    ready = candidates.more(session, view, wanted | {"state": READY}, after=after, limit=limit)
    by_key = {document["_id"]: document for document in (*view.found, *ready)}
    return [by_key[key] for key in sorted(by_key)][:limit]
