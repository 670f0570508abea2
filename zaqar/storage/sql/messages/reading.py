"""Reading messages: a page of a queue, or those of some ids.

Indexes: ``messages_ready``, ``messages_delayed`` and ``messages_claimed``, one for each state that is shown; an id leads to
its row without one.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import Message, MessageDetails, QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.messages.conditions import IS_NAMED, LIVES, WITH_LIVE_CLAIM
from zaqar.storage.sql.messages.encoding import (
    DETAILED,
    SHOWN,
    decode_details,
    decode_message,
    decode_messages,
    position_of,
)
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, DELAYED, MESSAGES, READY, RECORDS
from zaqar.storage.sql.sqlite.session import Session
from zaqar.storage.sql.statement import Statement, constant, limited

_ONE = Statement(sa.select(*SHOWN, CLAIMS.c.id, CLAIMS.c.token).select_from(WITH_LIVE_CLAIM).where(*IS_NAMED))
_DETAILS = Statement(sa.select(*DETAILED).select_from(WITH_LIVE_CLAIM).where(*IS_NAMED))


def _page(state: int, *, is_echo: bool, has_claims: bool) -> sa.Select[Any]:
    """Return the query for one state, in order, after a marker; with the parts of live claims' ids if there are any."""
    claim: tuple[sa.ColumnElement[Any], ...] = ()
    if has_claims:
        parts = (CLAIMS.c.id, CLAIMS.c.token) if state == CLAIMED else (sa.null(), sa.null())
        claim = tuple(part.label(name) for part, name in zip(parts, ("claim_id", "claim_token"), strict=True))
    query = sa.select(*SHOWN, *claim)
    if state == CLAIMED:
        query = query.select_from(WITH_LIVE_CLAIM)
    query = query.where(
        MESSAGES.c.queue == sa.select(RECORDS.c.id).where(lookup.KEY).scalar_subquery(),
        MESSAGES.c.state == constant(state),
        MESSAGES.c.position > sa.bindparam("marker"),
        LIVES,
    )
    if not is_echo:
        query = query.where(MESSAGES.c.client_id != sa.bindparam("client_id"))
    return limited(query.order_by(MESSAGES.c.position))


def _listing(states: Sequence[int], *, is_echo: bool) -> Statement:
    """Return the statement for a listing: first the queue's record, then a page of each state, all of one moment."""
    has_claims = CLAIMED in states
    width = len(SHOWN) + (2 if has_claims else 0)
    nothing = [sa.null().label(f"nothing{index}") for index in range(width - 2)]
    record = sa.select(RECORDS.c.id, lookup.IS_UNSETTLED.label("is_unsettled"), *nothing).where(lookup.KEY)
    pages = (
        sa.select(_page(state, is_echo=is_echo, has_claims=has_claims).subquery(f"page{state}")) for state in states
    )
    return Statement(sa.union_all(record, *pages))


_LISTINGS: dict[tuple[tuple[int, ...], bool], Statement] = {
    (states, is_echo): _listing(states, is_echo=is_echo)
    for states in ((READY,), (READY, DELAYED), (READY, CLAIMED), (READY, DELAYED, CLAIMED))
    for is_echo in (True, False)
}
"""By the states that are shown, and whether what the asking client posted itself is among it."""


def listed(
    session: Session,
    queue: QueueKey,
    *,
    after: int,
    limit: int,
    hidden_client_id: str | None,
    states: tuple[int, ...],
    is_settled: bool = False,
) -> list[Message] | None:
    """Return a page of the messages in any of ``states``; None where the queue has to be settled first.

    With ``is_settled`` that is done, or cannot be done. Raises ``QueueNotFound``.
    """
    rows = session.rows(
        _LISTINGS[states, hidden_client_id is None],
        {
            "project": queue.project,
            "kind": queue.kind,
            "name": queue.name,
            "marker": after,
            "now": session.now,
            "limit": limit,
            "client_id": hidden_client_id,
        },
    )
    if not rows:
        raise QueueNotFound(queue)
    if rows.pop(0)[1] and not is_settled:
        return None
    if len(states) > 1:
        rows.sort(key=position_of)
        del rows[limit:]
    if CLAIMED in states:
        return [decode_message(row, session.now) for row in rows]
    return decode_messages(rows, session.now)


def found(session: Session, record: int, ids: Iterable[Id]) -> list[Message]:
    """Return those messages that exist, in the order of ``ids``."""
    rows = (
        session.row(_ONE, {"at": position, "queue": record, "token": token, "now": session.now})
        for position, token in ids
    )
    return [decode_message(row, session.now) for row in rows if row is not None]


def details(session: Session, record: int, name: Id) -> MessageDetails:
    """Return all that is known of a message. Raises ``MessageNotFound``."""
    asked = {"at": name.position, "queue": record, "token": name.token, "now": session.now}
    row = session.row(_DETAILS, asked)
    if row is None:
        raise refusals.no_message()
    return decode_details(row, session.now)
