"""Rules of dead letters that claims left behind: by them the sweep goes on, a row of ``dead_letter_rules`` for the queue's record."""

from typing import NamedTuple

import sqlalchemy as sa

from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage.sql.messages.encoding import RULE, decode_rule, encode_rule
from zaqar.storage.sql.schema import DEAD_LETTER_RULES, RECORDS
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement

_REMOVE = Statement(sa.delete(DEAD_LETTER_RULES).where(DEAD_LETTER_RULES.c.queue == sa.bindparam("of_queue")))
_INSERT = Statement(sa.insert(DEAD_LETTER_RULES))
_ALL = Statement(
    sa.select(RECORDS.c.project, RECORDS.c.name, RECORDS.c.kind, DEAD_LETTER_RULES.c.queue, *RULE).outerjoin_from(
        DEAD_LETTER_RULES, RECORDS, RECORDS.c.id == DEAD_LETTER_RULES.c.queue
    )
)


class LeftRule(NamedTuple):
    """The rule by which the queue of a record is to be cleared; without a queue the record is no more."""

    record: int
    queue: QueueKey | None
    rule: DeadLetterRule


def leave(transaction: Transaction, record: int, rule: DeadLetterRule) -> None:
    """Let the sweep go on by this rule."""
    forget(transaction, record)
    transaction.run(_INSERT, encode_rule(record, rule))


def left(session: Session) -> list[LeftRule]:
    """Return the rules of all records in which claims left dead letters."""
    return [
        LeftRule(record, None if name is None else QueueKey(project, name, kind), decode_rule(rule))
        for project, name, kind, record, *rule in session.rows(_ALL, {})
    ]


def records(session: Session, limit: int) -> list[int]:
    """Return the ids of records in which claims left dead letters."""
    return [one.record for one in left(session)][:limit]


def forget(transaction: Transaction, record: int) -> None:
    """Let the sweep look there no more."""
    transaction.run(_REMOVE, {"of_queue": record})
