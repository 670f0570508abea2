"""Dead letters: messages that were claimed too often leave for another queue, or are thrown away, a bounded batch per transaction.

A claim moves those before the messages it takes. What it leaves behind after its time is up is noted (``left_rules``), and the
sweep goes on by it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage.ids import format_id
from zaqar.storage.origins import claimed_too_often, decode_origin
from zaqar.storage.sql.messages import left_rules, lookup, moving, removal
from zaqar.storage.sql.messages.conditions import IN_QUEUE, LIVES
from zaqar.storage.sql.schema import MESSAGES, READY, RECORDS
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, limited, one_of

BATCH = 200
"""Messages that one step may move."""

# Not the bodies: a claim looks at no more than it takes or moves, but what moves may be large.
_LOOK = Statement(
    limited(
        sa.select(MESSAGES.c.position, MESSAGES.c.claim_count)
        .where(IN_QUEUE, MESSAGES.c.state == constant(READY), LIVES)
        .order_by(MESSAGES.c.position)
    )
)
_LEAVING = StatementForMany(
    lambda count: (
        sa.select(MESSAGES.c.position, MESSAGES.c.token, MESSAGES.c.claim_count, MESSAGES.c.ttl, MESSAGES.c.origin)
        .where(one_of(MESSAGES.c.position, count))
        .order_by(MESSAGES.c.position)
    )
)
_DISCARD = Statement(
    sa.update(RECORDS)
    .where(RECORDS.c.id == sa.bindparam("record"))
    .values(discarded=RECORDS.c.discarded + sa.bindparam("more"))
)


class Place(NamedTuple):
    """A queue and the id of its record."""

    queue: QueueKey
    record: int


class Head(NamedTuple):
    """What stands at the head of a queue: ``claimable`` messages, and whether a claim can get no more (``is_all``)."""

    claimable: int
    is_all: bool


def clear_head(transaction: Transaction, place: Place, rule: DeadLetterRule, *, wanted: int) -> Head:
    """Let up to a batch of the dead letters leave that stand before the first ``wanted`` messages to claim.

    Raises ``QueueNotFound`` where there is something to move and no record of the dead-letter queue.
    """
    rows = _look(transaction, place.record, wanted)
    if not any(_is_worn(row, rule) for row in rows):
        return Head(len(rows), is_all=True)
    most = max(wanted, BATCH)
    rows = _look(transaction, place.record, most)
    dead, claimable = _sort_out(rows, rule, wanted)
    _clear(transaction, place, dead, rule)
    return Head(claimable, is_all=claimable == wanted or (len(rows) < most and len(dead) + claimable == len(rows)))


def finish(transaction: Transaction, records: Sequence[int]) -> int:
    """Clear a batch of the dead letters that claims left; return how many, and one for each queue that has no more."""
    left = {one.record: one for one in left_rules.left(transaction)}
    done = 0
    for record in records:
        if record in left:
            done += _clear_rest(transaction, left[record]) or 1
        if done >= BATCH:
            break
    return done


def _clear_rest(transaction: Transaction, left: left_rules.LeftRule) -> int:
    """Clear a batch of what a claim left behind; return how many. Forget the rule once nothing leaves."""
    dead: list[int] = []
    if left.queue is not None:
        dead = [row[0] for row in _look(transaction, left.record, BATCH) if _is_worn(row, left.rule)]
        try:
            _clear(transaction, Place(left.queue, left.record), dead, left.rule)
        except QueueNotFound:
            dead = []
    if not dead:
        left_rules.forget(transaction, left.record)
    return len(dead)


def _look(transaction: Transaction, record: int, limit: int) -> list[Row]:
    return transaction.rows(_LOOK, {"queue": record, "now": transaction.now, "limit": limit})


def _is_worn(row: Row, rule: DeadLetterRule) -> bool:
    return bool(row[1] >= rule.max_claim_count)


def _sort_out(rows: Sequence[Row], rule: DeadLetterRule, wanted: int) -> tuple[list[int], int]:
    """Return the positions of up to a batch of dead letters, and how many messages to claim stand among them."""
    dead: list[int] = []
    claimable = 0
    for row in rows:
        if claimable == wanted or len(dead) == BATCH:
            break
        if _is_worn(row, rule):
            dead.append(row[0])
        else:
            claimable += 1
    return dead, claimable


def _clear(transaction: Transaction, place: Place, positions: Sequence[int], rule: DeadLetterRule) -> None:
    """Move messages behind all others of the dead-letter queue, or throw them away. Raises ``QueueNotFound``."""
    if not positions:
        return
    if rule.queue is None:
        removal.remove(transaction, place.record, [(position, READY) for position in positions])
        transaction.run(_DISCARD, {"record": place.record, "more": len(positions)})
        return
    target = lookup.known(transaction, rule.queue)
    rows = transaction.rows_at(_LEAVING, positions, {})
    moves = [_move(row, place.queue, rule, transaction.now) for row in rows]
    moving.move(transaction, moves, source=place.record, target=target)


def _move(row: Row, queue: QueueKey, rule: DeadLetterRule, now: int) -> moving.Move:
    """Return how a row of ``_LEAVING`` moves."""
    position, token, count, ttl, before = row
    message_id = format_id(position, token)
    origin = claimed_too_often(decode_origin(before), queue, message_id=message_id, count=count, ttl=ttl, now=now)
    return moving.Move(position, ttl if rule.ttl is None else rule.ttl, origin)
