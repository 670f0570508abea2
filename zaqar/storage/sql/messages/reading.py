"""Messages: post, read, pop, delete."""

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import Message, NewMessage, QueueKey
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.sql.messages import holding, lookup
from zaqar.storage.sql.messages.encoding import AT, AT_THE_HEAD, IN_QUEUE, LIVES, SHOWN, messages, position_of, remove
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, DELAYED, MESSAGES, READY, RECORDS
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, constant, limited, unindexed

_LIVE_CLAIM = sa.outerjoin(
    MESSAGES, CLAIMS, (CLAIMS.c.id == MESSAGES.c.claim) & (unindexed(CLAIMS.c.expires) > sa.bindparam("now"))
)
_NAMED = (AT, IN_QUEUE, MESSAGES.c.token == sa.bindparam("token"), LIVES)
_ONE = Statement(sa.select(*SHOWN, CLAIMS.c.id, CLAIMS.c.token).select_from(_LIVE_CLAIM).where(*_NAMED))
_POP = Statement(sa.delete(MESSAGES).where(AT_THE_HEAD).returning(*SHOWN))
_DELETE_FREE = Statement(sa.delete(MESSAGES).where(*_NAMED, unindexed(MESSAGES.c.state) < constant(CLAIMED)))
_DELETE_HELD = Statement(
    sa.delete(MESSAGES).where(
        *_NAMED,
        unindexed(MESSAGES.c.claim) == sa.bindparam("claim"),
        sa.exists().where(
            CLAIMS.c.id == sa.bindparam("claim"),
            CLAIMS.c.token == sa.bindparam("claim_token"),
            unindexed(CLAIMS.c.expires) > sa.bindparam("now"),
        ),
    )
)
_HOLDER = Statement(sa.select(MESSAGES.c.state, CLAIMS.c.id, CLAIMS.c.token).select_from(_LIVE_CLAIM).where(*_NAMED))


def _page(state: int, *, is_echo: bool, has_claims: bool) -> sa.Select[Any]:
    """Return the query for one state, in order, after a marker; with the parts of live claims' ids if there are any."""
    claim: tuple[sa.ColumnElement[Any], ...] = ()
    if has_claims:
        parts = (CLAIMS.c.id, CLAIMS.c.token) if state == CLAIMED else (sa.null(), sa.null())
        claim = tuple(part.label(name) for part, name in zip(parts, ("claim_id", "claim_token"), strict=True))
    query = sa.select(*SHOWN, *claim)
    if state == CLAIMED:
        query = query.select_from(_LIVE_CLAIM)
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


def insert(
    transaction: Transaction, record: int, messages: Sequence[NewMessage], *, client_id: str, token: str
) -> list[str]:
    """Append messages to a queue; return their ids."""
    now = transaction.now
    first = transaction.allocate(len(messages))
    for position, new in enumerate(messages, first):
        state, due = (DELAYED, now + new.delay) if new.delay else (READY, None)
        transaction.add_message(
            (position, record, state, due, now + new.ttl, now, new.ttl, client_id, token, new.checksum, new.body)
        )
    transaction.count(record, total=len(messages))
    return [format_id(position, token) for position in range(first, first + len(messages))]


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
        return [_message(row, session.now) for row in rows]
    return messages(rows, session.now)


def found(session: Session, record: int, ids: Iterable[Id]) -> list[Message]:
    """Return those messages that exist, in the order of ``ids``."""
    rows = (
        session.row(_ONE, {"at": position, "queue": record, "token": token, "now": session.now})
        for position, token in ids
    )
    return [_message(row, session.now) for row in rows if row is not None]


def pop(transaction: Transaction, record: int, limit: int) -> list[Message]:
    """Remove and return the first messages that are ready."""
    rows = transaction.change(_POP, {"queue": record, "now": transaction.now, "limit": limit})
    rows.sort(key=position_of)
    transaction.count(record, total=-len(rows))
    return messages(rows, transaction.now)


def delete(transaction: Transaction, record: int, name: Id, claim: Id | None) -> None:
    """Delete one message if ``claim`` permits (storage R2.9.1): at once, or it is asked why not."""
    parameters = {"at": name.position, "queue": record, "token": name.token, "now": transaction.now}
    if claim is None:
        if transaction.run(_DELETE_FREE, parameters):
            transaction.count(record, total=-1)
            return
    elif transaction.run(_DELETE_HELD, {**parameters, "claim": claim.position, "claim_token": claim.token}):
        transaction.count(record, total=-1, claimed=-1)
        return
    row = transaction.row(_HOLDER, parameters)
    if row is None:
        return
    state, *holder = row
    _check_claim(transaction, record, None if holder[0] is None else Id(*holder), claim)
    remove(transaction, record, [(name.position, state)])


def delete_many(transaction: Transaction, record: int, names: Iterable[Id], claim_ids: Sequence[Id] | None) -> None:
    """Delete those that exist; with ``claim_ids`` all of them must be held by one of these claims (http O-42)."""
    doomed = []
    for name in names:
        row = _holder(transaction, record, name)
        if row is None:
            continue
        state, *claim = row
        if claim_ids is not None and (claim[0] is None or Id(*claim) not in claim_ids):
            raise refusals.not_all_held()
        doomed.append((name.position, state))
    remove(transaction, record, doomed)


def _holder(transaction: Transaction, record: int, name: Id) -> Row | None:
    """Return the state of a message and the two parts of its live claim, if it exists."""
    return transaction.row(_HOLDER, {"at": name.position, "queue": record, "token": name.token, "now": transaction.now})


def _check_claim(transaction: Transaction, record: int, holder: Id | None, claim: Id | None) -> None:
    if claim is None:
        if holder is not None:
            raise refusals.claimed()
    elif holder is None or not holding.exists(transaction, record, claim):
        raise refusals.not_held()
    else:
        raise refusals.held_by_another()


def _message(row: Row, now: int) -> Message:
    """Return a row that ends with the two parts of its claim's id as a message."""
    *shown, claim, claim_token = row
    return messages([shown], now, None if claim is None else format_id(claim, claim_token))[0]
