"""Claims: create, read, renew, release; and the dead-letter move."""

import json
from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.errors import ClaimNotFound
from zaqar.models import Claim, DeadLetterRule
from zaqar.storage.ids import Id, format_id, new_token
from zaqar.storage.sql import records
from zaqar.storage.sql.rows import AT, AT_THE_HEAD, READY_PAGE, SHOWN, Shown, messages, position_of
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, MESSAGES, READY
from zaqar.storage.sql.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, StatementForMany, constant, one_of, unindexed

NOTHING = Claim("", 0, 0, ())
"""What claiming yields when nothing is claimable."""

_ENDS_FIRST = MESSAGES.c.expires < sa.bindparam("ending")
_HOLD = Statement(
    sa.update(MESSAGES)
    .where(AT_THE_HEAD)
    .values(
        state=constant(CLAIMED),
        claim=sa.bindparam("by"),
        claim_count=MESSAGES.c.claim_count + constant(1),
        ttl=sa.case((_ENDS_FIRST, sa.bindparam("new_ttl")), else_=MESSAGES.c.ttl),
        expires=sa.case((_ENDS_FIRST, sa.bindparam("new_expires")), else_=MESSAGES.c.expires),
    )
    .returning(*SHOWN)
)
_EXTEND = StatementForMany(
    lambda count: (
        sa.update(MESSAGES)
        .where(one_of(MESSAGES.c.position, count), unindexed(MESSAGES.c.expires) < sa.bindparam("ending"))
        .values(ttl=sa.bindparam("new_ttl"), expires=sa.bindparam("new_expires"))
    )
)
_MOVE = Statement(
    sa.update(MESSAGES)
    .where(AT)
    .values(
        position=sa.bindparam("to"),
        queue=sa.bindparam("to_queue"),
        token=sa.bindparam("new_token"),
        claim_count=constant(0),
        created=sa.bindparam("now"),
        ttl=sa.bindparam("new_ttl"),
        expires=sa.bindparam("new_expires"),
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
_INSERT = Statement(sa.insert(CLAIMS))
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


def create(
    transaction: Transaction, record: int, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None
) -> Claim:
    """Claim the first messages that are ready, moving out those that were claimed too often."""
    head = {"queue": record, "now": transaction.now, "limit": limit}
    if dead_letter is not None:
        _move_dead_letters(transaction, record, head, dead_letter)
    claim = Id(transaction.allocate(1), new_token())
    terms = _grace_terms(transaction, ttl=ttl, grace=grace)
    rows = transaction.change(_HOLD, {**head, **terms, "by": claim.position})
    if not rows:
        return NOTHING
    rows.sort(key=position_of)
    row = {"id": claim.position, "queue": record, "token": claim.token, "ttl": ttl, "expires": terms["ending"]}
    transaction.run(_INSERT, {**row, "positions": json.dumps([position_of(row) for row in rows])})
    transaction.count(record, claimed=len(rows))
    claim_id = format_id(*claim)
    return Claim(claim_id, ttl, 0, messages(rows, transaction.now, claim_id))


def get(session: Session, record: int, claim: Id) -> Claim:
    """Return a live claim and what is left in it. Raises ``ClaimNotFound``."""
    ttl, expires, positions = _find(session, record, claim)
    claim_id = format_id(*claim)
    rows = _held(session, claim, positions)
    return Claim(claim_id, ttl, max(0, session.now - (expires - ttl)), messages(rows, session.now, claim_id))


def renew(transaction: Transaction, record: int, claim: Id, *, ttl: int, grace: int) -> None:
    """Let the claim end ``ttl`` seconds from now. Raises ``ClaimNotFound``."""
    _, _, positions = _find(transaction, record, claim)
    rows = _held(transaction, claim, positions)
    parameters = {"claim": claim.position, "new_ttl": ttl, "new_expires": transaction.now + ttl}
    transaction.run(_RENEW, parameters)
    terms = _grace_terms(transaction, ttl=ttl, grace=grace)
    transaction.run_at(_EXTEND, [row.position for row in rows], terms)


def release(transaction: Transaction, record: int, claim: Id) -> None:
    """Make what is left in the claim available. Raises ``ClaimNotFound``."""
    _, _, positions = _find(transaction, record, claim)
    free(transaction, record, claim.position, positions)


def exists(session: Session, record: int, claim: Id) -> bool:
    """Tell whether the claim lives and holds anything."""
    try:
        _, _, positions = _find(session, record, claim)
        return bool(_held(session, claim, positions))
    except ClaimNotFound:
        return False


def free(transaction: Transaction, record: int, claim: int, positions: Sequence[int]) -> None:
    """Remove a claim, making its messages ready; their claim counts stay."""
    freed = transaction.run_at(_FREE, positions, {"held_by": claim})
    transaction.run(_DELETE, {"claim": claim})
    transaction.count(record, claimed=-freed)


def decode_positions(text: str) -> list[int]:
    """Return the positions that a claim took."""
    positions: list[int] = json.loads(text)
    return positions


def _find(session: Session, record: int, claim: Id) -> tuple[int, int, list[int]]:
    row = session.row(_FIND, {"id": claim.position, "queue": record, "token": claim.token, "now": session.now})
    if row is None:
        raise ClaimNotFound("The claim does not exist or has expired.")
    return row[0], row[1], decode_positions(row[2])


def _held(session: Session, claim: Id, positions: Sequence[int]) -> list[Shown]:
    held = [Shown._make(row) for row in session.rows_at(_HELD, positions, {"held_by": claim.position})]
    if not held:
        raise ClaimNotFound("None of the claim's messages is left.")
    return held


def _grace_terms(transaction: Transaction, *, ttl: int, grace: int) -> dict[str, int]:
    """Return what lets messages that would end before the claim live on ``grace`` seconds after it (http C-8)."""
    ending = transaction.now + ttl
    return {"ending": ending, "new_ttl": ttl + grace, "new_expires": ending + grace}


def _move_dead_letters(transaction: Transaction, record: int, head: dict[str, int], rule: DeadLetterRule) -> None:
    """Move messages that were claimed too often, until none is among the first."""
    while True:
        rows = [Shown._make(row) for row in transaction.rows(READY_PAGE, {**head, "marker": 0})]
        dead = [row for row in rows if row.claim_count >= rule.max_claim_count]
        if not dead:
            return
        target = records.known(transaction, rule.queue)
        for row in dead:
            _move(transaction, row, target, row.ttl if rule.ttl is None else rule.ttl)
        transaction.count(record, total=-len(dead))
        transaction.count(target, total=len(dead))


def _move(transaction: Transaction, row: Shown, target: int, ttl: int) -> None:
    transaction.run(
        _MOVE,
        {
            "at": row.position,
            "to": transaction.allocate(1),
            "to_queue": target,
            "new_token": new_token(),
            "now": transaction.now,
            "new_ttl": ttl,
            "new_expires": transaction.now + ttl,
        },
    )
