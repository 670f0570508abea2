"""Claims that were made: what each holds, its renewal and its end.

A claim lists the positions that it took. Which of them it still holds is told by the messages' rows, so nothing has to be
written into a claim while its messages are deleted one by one.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.errors import ClaimNotFound
from zaqar.models import Claim
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.sql.messages import removal
from zaqar.storage.sql.messages.encoding import SHOWN, Shown, decode_messages, decode_positions
from zaqar.storage.sql.schema import CLAIMS, MESSAGES, READY
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, one_of

_EXTEND = StatementForMany(
    lambda count: (
        sa.update(MESSAGES)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.expires) < sa.bindparam("ending"))
        .values(ttl=sa.bindparam("new_ttl"), expires=sa.bindparam("new_expires"))
    )
)
_FREE = StatementForMany(
    lambda count: (
        sa.update(MESSAGES)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.claim) == sa.bindparam("held_by"))
        .values(state=constant(READY), claim=sa.null())
    )
)
_HELD = StatementForMany(
    lambda count: (
        sa.select(*SHOWN)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.claim) == sa.bindparam("held_by"))
        .order_by(MESSAGES.c.position)
    )
)
_HOLDERS = StatementForMany(
    lambda count: sa.select(MESSAGES.c.position, MESSAGES.c.queue, MESSAGES.c.claim).where(
        one_of(MESSAGES.c.position, count)
    )
)
_READY = StatementForMany(
    lambda count: (
        sa.update(MESSAGES).where(one_of(MESSAGES.c.position, count)).values(state=constant(READY), claim=sa.null())
    )
)
_FIND = Statement(
    sa.select(CLAIMS.c.ttl, CLAIMS.c.expires, CLAIMS.c.positions).where(
        CLAIMS.c.id == sa.bindparam("id"),
        CLAIMS.c.queue == sa.bindparam("queue"),
        CLAIMS.c.token == sa.bindparam("token"),
        unindexed(CLAIMS.c.expires) > sa.bindparam("now"),
    )
)
_RENEW = Statement(
    sa.update(CLAIMS)
    .where(CLAIMS.c.id == sa.bindparam("claim"))
    .values(ttl=sa.bindparam("new_ttl"), expires=sa.bindparam("new_expires"))
)
_DELETE = Statement(sa.delete(CLAIMS).where(CLAIMS.c.id == sa.bindparam("claim")))


def ends(now: int, *, ttl: int, grace: int) -> dict[str, int]:
    """Return what lets messages that would expire before a claim ends live on ``grace`` seconds after it (http C-8)."""
    ending = now + ttl
    return {"ending": ending, "new_ttl": ttl + grace, "new_expires": ending + grace}


def get(session: Session, record: int, claim: Id) -> Claim:
    """Return a live claim and what is left in it. Raises ``ClaimNotFound``."""
    ttl, expires, positions = _find(session, record, claim)
    claim_id = format_id(*claim)
    rows = _held(session, claim, positions)
    return Claim(claim_id, ttl, max(0, session.now - (expires - ttl)), decode_messages(rows, session.now, claim_id))


def renew(transaction: Transaction, record: int, claim: Id, *, ttl: int, grace: int) -> None:
    """Let the claim end ``ttl`` seconds from now. Raises ``ClaimNotFound``."""
    _, _, positions = _find(transaction, record, claim)
    rows = _held(transaction, claim, positions)
    parameters = {"claim": claim.position, "new_ttl": ttl, "new_expires": transaction.now + ttl}
    transaction.run(_RENEW, parameters)
    terms = ends(transaction.now, ttl=ttl, grace=grace)
    transaction.run_at(_EXTEND, [row.position for row in rows], terms)


def release(transaction: Transaction, record: int, claim: Id) -> None:
    """Remove the claim, making ready what it still holds; claim counts stay as they are. Raises ``ClaimNotFound``."""
    _, _, positions = _find(transaction, record, claim)
    freed = transaction.run_at(_FREE, positions, {"held_by": claim.position})
    transaction.run(_DELETE, {"claim": claim.position})
    transaction.count(record, claimed=-freed)


def exists(session: Session, record: int, claim: Id) -> bool:
    """Tell whether the claim lives and holds anything."""
    try:
        _, _, positions = _find(session, record, claim)
        return bool(_held(session, claim, positions))
    except ClaimNotFound:
        return False


def free_lapsed(transaction: Transaction, lapsed: Sequence[Row]) -> int:
    """Remove claims that ended, given as rows of id, queue and positions; return how many messages are ready again.

    One statement for many messages: that each was held by one of these claims is seen from its row.
    """
    held = {position: row[0] for row in lapsed for position in decode_positions(row[2])}
    found = transaction.rows_at(_HOLDERS, list(held), {})
    freed = [(position, queue) for position, queue, claim in found if held[position] == claim]
    transaction.run_at(_READY, [position for position, _ in freed], {})
    removal.remove_claims(transaction, [row[0] for row in lapsed])
    for queue, count in Counter(queue for _, queue in freed).items():
        transaction.count(queue, claimed=-count)
    return len(freed)


def _find(session: Session, record: int, claim: Id) -> tuple[int, int, list[int]]:
    row = session.row(_FIND, {"id": claim.position, "queue": record, "token": claim.token, "now": session.now})
    if row is None:
        raise refusals.no_claim()
    return row[0], row[1], decode_positions(row[2])


def _held(session: Session, claim: Id, positions: Sequence[int]) -> list[Shown]:
    held = [Shown._make(row) for row in session.rows_at(_HELD, positions, {"held_by": claim.position})]
    if not held:
        raise ClaimNotFound("None of the claim's messages is left.")
    return held
