"""Claims: create, read, renew, release."""

import json
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from zaqar.errors import ClaimNotFound, QueueNotFound
from zaqar.models import Claim, DeadLetterRule
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id, new_token, parse_id
from zaqar.storage.sql.messages import dead_letters
from zaqar.storage.sql.messages.encoding import AT_THE_HEAD, SHOWN, Shown, messages, position_of
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, MESSAGES, READY
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, one_of, unindexed

PATIENCE = 1.0
"""Seconds that a claim moves dead letters before it returns what it has."""

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
_DELETE_MANY = StatementForMany(lambda count: sa.delete(CLAIMS).where(one_of(CLAIMS.c.id, count)))
_INSERT = Statement(sa.insert(CLAIMS))
_ADD = Statement(
    sa.update(CLAIMS)
    .where(CLAIMS.c.id == sa.bindparam("claim"), unindexed(CLAIMS.c.queue) == sa.bindparam("of_queue"))
    .values(positions=sa.bindparam("all_positions"))
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


class Terms(NamedTuple):
    """What a claim was asked for."""

    ttl: int
    grace: int
    limit: int
    dead_letter: DeadLetterRule | None


def take(transaction: Transaction, record: int, terms: Terms, so_far: Claim, *, is_last: bool) -> tuple[Claim, bool]:
    """Claim the first messages that are ready, behind up to a batch that has to move; return whether the claim ends.

    Where it does not, the next step takes as ``so_far`` what this one returns. ``is_last`` leaves the rest to the sweep.
    """
    wanted, dead_letter = terms.limit - len(so_far.messages), terms.dead_letter
    if dead_letter is None:
        return _hold(transaction, record, so_far, terms, limit=wanted), True
    try:
        head = dead_letters.clear_head(transaction, record, dead_letter, wanted=wanted)
    except QueueNotFound:
        if so_far.messages:  # the dead-letter queue went while the claim was made
            return so_far, True
        raise
    if head.claimable:
        so_far = _hold(transaction, record, so_far, terms, limit=head.claimable)
    if is_last and not head.is_all:
        dead_letters.note(transaction, record, dead_letter)
    return so_far, is_last or head.is_all


def _hold(transaction: Transaction, record: int, so_far: Claim, terms: Terms, *, limit: int) -> Claim:
    """Claim the first messages that are ready, for a claim that may hold some already."""
    claim = parse_id(so_far.id) if so_far.messages else Id(transaction.allocate(1), new_token())
    ends = _grace_terms(transaction, ttl=terms.ttl, grace=terms.grace)
    head = {"queue": record, "now": transaction.now, "limit": limit}
    rows = transaction.change(_HOLD, {**head, **ends, "by": claim.position})
    if not rows:
        return so_far
    rows.sort(key=position_of)
    claim_id = format_id(*claim)
    taken = messages(rows, transaction.now, claim_id)
    positions = [position_of(row) for row in rows]
    transaction.count(record, claimed=len(rows))
    if so_far.messages:
        before = [parse_id(message.id).position for message in so_far.messages]
        row = {"claim": claim.position, "of_queue": record, "all_positions": json.dumps(before + positions)}
        if transaction.run(_ADD, row):
            return Claim(claim_id, terms.ttl, 0, [*so_far.messages, *taken])
        # What it held before was purged meanwhile: it begins anew.
    new = {"id": claim.position, "queue": record, "token": claim.token, "ttl": terms.ttl, "expires": ends["ending"]}
    transaction.run(_INSERT, {**new, "positions": json.dumps(positions)})
    return Claim(claim_id, terms.ttl, 0, taken)


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


def free_lapsed(transaction: Transaction, lapsed: Sequence[Row]) -> int:
    """Remove claims that ended, given as rows of id, queue and positions; return how many messages are ready again.

    One statement for many messages: that each was held by one of these claims is seen from its row.
    """
    held = {position: row[0] for row in lapsed for position in decode_positions(row[2])}
    found = transaction.rows_at(_HOLDERS, list(held), {})
    freed = [(position, queue) for position, queue, claim in found if held[position] == claim]
    transaction.run_at(_READY, [position for position, _ in freed], {})
    transaction.run_at(_DELETE_MANY, [row[0] for row in lapsed], {})
    for queue, count in Counter(queue for _, queue in freed).items():
        transaction.count(queue, claimed=-count)
    return len(freed)


def decode_positions(text: str) -> list[int]:
    """Return the positions that a claim took."""
    positions: list[int] = json.loads(text)
    return positions


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


def _grace_terms(transaction: Transaction, *, ttl: int, grace: int) -> dict[str, int]:
    """Return what lets messages that would end before the claim live on ``grace`` seconds after it (http C-8)."""
    ending = transaction.now + ttl
    return {"ending": ending, "new_ttl": ttl + grace, "new_expires": ending + grace}
