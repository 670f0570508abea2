"""Statistics of a queue: its counters, and the ends of its order in constant time."""

import sqlalchemy as sa

from zaqar.models import QueueKey, Stats
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.messages.conditions import IN_QUEUE, LIVES
from zaqar.storage.sql.messages.encoding import MARKED, decode_mark, position_of
from zaqar.storage.sql.schema import CLAIMED, DELAYED, MESSAGES, READY
from zaqar.storage.sql.sqlite.session import Session
from zaqar.storage.sql.statement import Statement, constant


def _end(state: int, *, is_newest: bool) -> Statement:
    """Return the statement for the oldest or the newest message in one state."""
    query = sa.select(*MARKED).where(IN_QUEUE, MESSAGES.c.state == constant(state), LIVES)
    order = MESSAGES.c.position.desc() if is_newest else MESSAGES.c.position
    return Statement(query.order_by(order).limit(constant(1)).offset(constant(0)))


_STATES = (READY, DELAYED, CLAIMED)
_OLDEST = [_end(state, is_newest=False) for state in _STATES]
_NEWEST = [_end(state, is_newest=True) for state in _STATES]


def stats(session: Session, queue: QueueKey) -> Stats:
    """Return the statistics (http Q-22, Q-23). Raises ``QueueNotFound``."""
    with session.snapshot():
        record = lookup.look(session, queue)
        parameters = {"queue": record.id, "now": session.now}
        oldest = [row for statement in _OLDEST if (row := session.row(statement, parameters))]
        newest = [row for statement in _NEWEST if (row := session.row(statement, parameters))]
    if not oldest:
        return Stats(discarded=record.discarded)
    return Stats(
        claimed=record.claimed,
        free=record.total - record.claimed,
        oldest=decode_mark(min(oldest, key=position_of), session.now),
        newest=decode_mark(max(newest, key=position_of), session.now),
        discarded=record.discarded,
    )
