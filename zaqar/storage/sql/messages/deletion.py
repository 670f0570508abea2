"""Deleting messages by their ids, as far as the claims that hold them permit (storage R2.9.1, http O-42)."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from zaqar.storage import refusals
from zaqar.storage.ids import Id
from zaqar.storage.sql.messages import holding
from zaqar.storage.sql.messages.conditions import IS_NAMED, WITH_LIVE_CLAIM
from zaqar.storage.sql.messages.removal import remove
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, MESSAGES
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Row, Statement, constant

_DELETE_FREE = Statement(sa.delete(MESSAGES).where(*IS_NAMED, unindexed(MESSAGES.c.state) < constant(CLAIMED)))
_DELETE_HELD = Statement(
    sa.delete(MESSAGES).where(
        *IS_NAMED,
        unindexed(MESSAGES.c.claim) == sa.bindparam("claim"),
        sa.exists().where(
            CLAIMS.c.id == sa.bindparam("claim"),
            CLAIMS.c.token == sa.bindparam("claim_token"),
            unindexed(CLAIMS.c.expires) > sa.bindparam("now"),
        ),
    )
)
_HOLDER = Statement(
    sa.select(MESSAGES.c.state, CLAIMS.c.id, CLAIMS.c.token).select_from(WITH_LIVE_CLAIM).where(*IS_NAMED)
)


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
    # It is claimed, but by a claim that has lapsed.
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
    """Return the state of a message and the two parts of its live claim's id, if it exists."""
    return transaction.row(_HOLDER, {"at": name.position, "queue": record, "token": name.token, "now": transaction.now})


def _check_claim(transaction: Transaction, record: int, holder: Id | None, claim: Id | None) -> None:
    if claim is None:
        if holder is not None:
            raise refusals.claimed()
    elif holder is None or not holding.exists(transaction, record, claim):
        raise refusals.not_held()
    else:
        raise refusals.held_by_another()
