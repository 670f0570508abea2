"""Dead letters: messages that were claimed too often leave for another queue, a bounded batch per transaction.

A claim moves those before the messages it takes. What it leaves behind after its time is up is noted, a row of
``dead_letter_rules`` for the queue's record, and the sweep goes on by it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule
from zaqar.storage.ids import new_token
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.messages.conditions import IN_QUEUE, LIVES
from zaqar.storage.sql.messages.encoding import RULE, decode_rule, encode_rule
from zaqar.storage.sql.schema import DEAD_LETTER_RULES, MESSAGES, READY
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import CHUNK, Row, Statement, StatementForMany, chunks, constant, limited, one_of

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
_NEW_TTL = sa.func.coalesce(sa.bindparam("new_ttl", type_=sa.Integer), MESSAGES.c.ttl)


def _moving(count: int) -> sa.Update:
    """Return the statement that moves messages to consecutive positions of another queue."""
    to: list[Any] = [
        (MESSAGES.c.position == sa.bindparam(f"at{i}"), sa.bindparam("first") + constant(i)) for i in range(count)
    ]
    return (
        sa.update(MESSAGES)
        .where(one_of(MESSAGES.c.position, count))
        .values(
            position=sa.case(*to),
            queue=sa.bindparam("to_queue"),
            token=sa.bindparam("new_token"),
            claim_count=constant(0),
            created=sa.bindparam("now"),
            ttl=_NEW_TTL,
            expires=sa.bindparam("now") + _NEW_TTL,
        )
    )


_MOVE = StatementForMany(_moving)
_OF_QUEUE = DEAD_LETTER_RULES.c.queue == sa.bindparam("of_queue")
_FORGET = Statement(sa.delete(DEAD_LETTER_RULES).where(_OF_QUEUE))
_LEAVE_RULE = Statement(sa.insert(DEAD_LETTER_RULES))
_LEFT_RULES = Statement(sa.select(DEAD_LETTER_RULES.c.queue, *RULE))


class Head(NamedTuple):
    """What stands at the head of a queue: ``claimable`` messages, and whether a claim can get no more (``is_all``)."""

    claimable: int
    is_all: bool


def clear_head(transaction: Transaction, record: int, rule: DeadLetterRule, *, wanted: int) -> Head:
    """Move up to a batch of the dead letters that stand before the first ``wanted`` messages to claim.

    Raises ``QueueNotFound`` where there is something to move and no record of the dead-letter queue.
    """
    rows = _look(transaction, record, wanted)
    if not any(_is_worn(row, rule) for row in rows):
        return Head(len(rows), is_all=True)
    most = max(wanted, BATCH)
    rows = _look(transaction, record, most)
    dead, claimable = _sort_out(rows, rule, wanted)
    _move(transaction, record, dead, rule)
    return Head(claimable, is_all=claimable == wanted or (len(rows) < most and len(dead) + claimable == len(rows)))


def leave_rule(transaction: Transaction, record: int, rule: DeadLetterRule) -> None:
    """Let the sweep go on by this rule."""
    _forget(transaction, record)
    transaction.run(_LEAVE_RULE, encode_rule(record, rule))


def left_rules(session: Session) -> list[tuple[int, DeadLetterRule]]:
    """Return the records in which claims left dead letters, each with its rule."""
    return [(record, decode_rule(rule)) for record, *rule in session.rows(_LEFT_RULES, {})]


def left(session: Session, limit: int) -> list[int]:
    """Return the ids of records in which claims left dead letters."""
    return [record for record, _ in left_rules(session)][:limit]


def finish(transaction: Transaction, records: Sequence[int]) -> int:
    """Move a batch of the dead letters that claims left; return how many, and one for each queue that has no more."""
    rules = dict(left_rules(transaction))
    done = 0
    for record in records:
        if record in rules:
            done += _move_rest(transaction, record, rules[record]) or 1
        if done >= BATCH:
            break
    return done


def _move_rest(transaction: Transaction, record: int, rule: DeadLetterRule) -> int:
    """Move a batch of what a claim left behind; return how many. Forget the rule once nothing moves."""
    rows = _look(transaction, record, BATCH)
    dead = [row[0] for row in rows if _is_worn(row, rule)]
    try:
        _move(transaction, record, dead, rule)
    except QueueNotFound:
        dead = []
    if not dead:
        _forget(transaction, record)
    return len(dead)


def _forget(transaction: Transaction, record: int) -> None:
    transaction.run(_FORGET, {"of_queue": record})


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


def _move(transaction: Transaction, record: int, positions: Sequence[int], rule: DeadLetterRule) -> None:
    """Move messages behind all others of the dead-letter queue, in their order. Raises ``QueueNotFound``."""
    if not positions:
        return
    target = lookup.known(transaction, rule.queue)
    first = transaction.allocate(len(positions))
    terms = {"to_queue": target, "new_token": new_token(), "now": transaction.now, "new_ttl": rule.ttl}
    for index, (count, names) in enumerate(chunks(positions)):
        transaction.run(_MOVE.of(count), {**names, **terms, "first": first + index * CHUNK})
    transaction.count(record, total=-len(positions))
    transaction.count(target, total=len(positions))
