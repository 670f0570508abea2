"""Removal: of messages, and of a queue's record with all that is in the queue, a bounded batch per transaction.

A record that is removed leaves a row in ``dropped_records``, so that the sweep finishes what its own transaction did not.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from zaqar.models import QueueKey
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.messages.conditions import IN_QUEUE
from zaqar.storage.sql.schema import CLAIMED, CLAIMS, DELAYED, DROPPED, MESSAGES, READY, RECORDS
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, StatementForMany, constant, limited, one_of

BATCH = 200
"""Messages and claims that one transaction may remove together."""

_REMOVE = StatementForMany(lambda count: sa.delete(MESSAGES).where(one_of(MESSAGES.c.position, count)))
_LEFT = [
    Statement(limited(sa.select(MESSAGES.c.position, MESSAGES.c.state).where(IN_QUEUE, MESSAGES.c.state == state)))
    for state in map(constant, (READY, DELAYED, CLAIMED))
]
_CLAIMS_LEFT = Statement(limited(sa.select(CLAIMS.c.id).where(CLAIMS.c.queue == sa.bindparam("queue"))))
_REMOVE_CLAIMS = StatementForMany(lambda count: sa.delete(CLAIMS).where(one_of(CLAIMS.c.id, count)))
_DELETE = Statement(sa.delete(RECORDS).where(RECORDS.c.id == sa.bindparam("record")))
_DROP = Statement(sa.insert(DROPPED).values(id=sa.bindparam("record")))
_DROPPED = Statement(limited(sa.select(DROPPED.c.id)))
_FORGET = Statement(sa.delete(DROPPED).where(DROPPED.c.id == sa.bindparam("record")))


def remove(transaction: Transaction, record: int, doomed: Sequence[Row]) -> int:
    """Delete messages of a queue, given as rows that begin with position and state; return how many."""
    transaction.run_at(_REMOVE, [row[0] for row in doomed], {})
    claimed = sum(row[1] == CLAIMED for row in doomed)
    transaction.count(record, total=-len(doomed), claimed=-claimed)
    return len(doomed)


def remove_claims(transaction: Transaction, claims: Sequence[int]) -> None:
    """Delete claims, given by their ids; their messages stay as they are."""
    transaction.run_at(_REMOVE_CLAIMS, claims, {})


def remove_all(transaction: Transaction, record: int) -> int:
    """Remove up to a batch of messages and of claims; return how many. Less than a batch: nothing is left."""
    rows: list[Row] = []
    for statement in _LEFT:
        if len(rows) < BATCH:
            rows += transaction.rows(statement, {"queue": record, "limit": BATCH - len(rows)})
    remove(transaction, record, rows)
    ended = transaction.rows(_CLAIMS_LEFT, {"queue": record, "limit": BATCH - len(rows)})
    remove_claims(transaction, [row[0] for row in ended])
    return len(rows) + len(ended)


def drop(transaction: Transaction, queue: QueueKey) -> int:
    """Remove the record and remember that its messages have to go; return its id. Raises ``QueueNotFound``."""
    record = lookup.find(transaction, queue)
    transaction.run(_DELETE, {"record": record})
    transaction.run(_DROP, {"record": record})
    lookup.forget(transaction)
    return record


def dropped(session: Session, limit: int) -> list[int]:
    """Return the ids of removed records whose messages may not all have gone."""
    return [row[0] for row in session.rows(_DROPPED, {"limit": limit})]


def forget(transaction: Transaction, record: int) -> None:
    """Note that nothing is left of a removed record."""
    transaction.run(_FORGET, {"record": record})


def finish(transaction: Transaction, records: Sequence[int]) -> int:
    """Remove a batch of what belongs to removed records; return how many messages, claims and records went."""
    done = 0
    for record in records:
        removed = remove_all(transaction, record)
        if removed < BATCH:
            forget(transaction, record)
            removed += 1
        done += removed
        if done >= BATCH:
            break
    return done
