"""Taking the first messages that are ready: for a claim, or for good by a pop.

Index: ``messages_ready``. To find them and to change them is one statement, not two.
"""

from typing import NamedTuple

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import Claim, DeadLetterRule, Message, QueueKey
from zaqar.storage.ids import Id, format_id, new_token, parse_id
from zaqar.storage.sql.messages import dead_letters, holding, left_rules
from zaqar.storage.sql.messages.encoding import SHOWN, decode_messages, encode_positions, position_of
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, MESSAGES, READY
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Statement, constant, limited

_HEAD = MESSAGES.alias("head")
_IS_AT_THE_HEAD = MESSAGES.c.position.in_(
    limited(
        sa.select(_HEAD.c.position)
        .where(
            _HEAD.c.queue == sa.bindparam("queue"),
            _HEAD.c.state == constant(READY),
            unindexed(_HEAD.c.expires) > sa.bindparam("now"),
        )
        .order_by(_HEAD.c.position)
    )
)
_ENDS_FIRST = MESSAGES.c.expires < sa.bindparam("ending")
_HOLD = Statement(
    sa.update(MESSAGES)
    .where(_IS_AT_THE_HEAD)
    .values(
        state=constant(CLAIMED),
        claim=sa.bindparam("by"),
        claim_count=MESSAGES.c.claim_count + constant(1),
        ttl=sa.case((_ENDS_FIRST, sa.bindparam("new_ttl")), else_=MESSAGES.c.ttl),
        expires=sa.case((_ENDS_FIRST, sa.bindparam("new_expires")), else_=MESSAGES.c.expires),
    )
    .returning(*SHOWN)
)
_POP = Statement(sa.delete(MESSAGES).where(_IS_AT_THE_HEAD).returning(*SHOWN))
_INSERT = Statement(sa.insert(CLAIMS))
_ADD = Statement(
    sa.update(CLAIMS)
    .where(CLAIMS.c.id == sa.bindparam("claim"), unindexed(CLAIMS.c.queue) == sa.bindparam("of_queue"))
    .values(positions=sa.bindparam("all_positions"))
)


class Terms(NamedTuple):
    """What a claim was asked for: of which queue, seconds it lasts, seconds of grace, messages at most."""

    queue: QueueKey
    ttl: int
    grace: int
    limit: int
    dead_letter: DeadLetterRule | None


def pop(transaction: Transaction, record: int, limit: int) -> list[Message]:
    """Remove and return the first messages that are ready."""
    rows = transaction.change(_POP, {"queue": record, "now": transaction.now, "limit": limit})
    rows.sort(key=position_of)
    transaction.count(record, total=-len(rows))
    return decode_messages(rows, transaction.now)


def claim(transaction: Transaction, record: int, terms: Terms, so_far: Claim, *, is_last: bool) -> tuple[Claim, bool]:
    """Claim the first messages that are ready, behind up to a batch of dead letters, which leave; tell whether that was all.

    Where it was not, the next step is given as ``so_far`` the claim that this one returns. The last step leaves to the sweep
    what still has to leave (``is_last``). Raises ``QueueNotFound`` where the dead-letter queue is missing.
    """
    wanted, dead_letter = terms.limit - len(so_far.messages), terms.dead_letter
    if dead_letter is None:
        return _hold(transaction, record, so_far, terms, limit=wanted), True
    try:
        place = dead_letters.Place(terms.queue, record)
        head = dead_letters.clear_head(transaction, place, dead_letter, wanted=wanted)
    except QueueNotFound:
        if so_far.messages:  # the dead-letter queue went while the claim was made
            return so_far, True
        raise
    if head.claimable:
        so_far = _hold(transaction, record, so_far, terms, limit=head.claimable)
    if is_last and not head.is_all:
        left_rules.leave(transaction, record, dead_letter)
    return so_far, is_last or head.is_all


def _hold(transaction: Transaction, record: int, so_far: Claim, terms: Terms, *, limit: int) -> Claim:
    """Claim the first messages that are ready, for a claim that may hold some already."""
    name = parse_id(so_far.id) if so_far.messages else Id(transaction.allocate(1), new_token())
    ends = holding.ends(transaction.now, ttl=terms.ttl, grace=terms.grace)
    head = {"queue": record, "now": transaction.now, "limit": limit}
    rows = transaction.change(_HOLD, {**head, **ends, "by": name.position})
    if not rows:
        return so_far
    rows.sort(key=position_of)
    claim_id = format_id(*name)
    taken = decode_messages(rows, transaction.now, claim_id)
    positions = [position_of(row) for row in rows]
    transaction.count(record, claimed=len(rows))
    if so_far.messages:
        before = [parse_id(message.id).position for message in so_far.messages]
        row = {"claim": name.position, "of_queue": record, "all_positions": encode_positions(before + positions)}
        if transaction.run(_ADD, row):
            return Claim(claim_id, terms.ttl, 0, [*so_far.messages, *taken])
        # What it held before was purged meanwhile: it begins anew.
    new = {"id": name.position, "queue": record, "token": name.token, "ttl": terms.ttl, "expires": ends["ending"]}
    transaction.run(_INSERT, {**new, "positions": encode_positions(positions)})
    return Claim(claim_id, terms.ttl, 0, taken)
