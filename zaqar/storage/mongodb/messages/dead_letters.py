"""Dead letters: messages that were claimed too often leave for their dead-letter queue, or are thrown away.

How they get there is said in ``moves``.
"""

from collections.abc import Sequence

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage.mongodb.messages import moves
from zaqar.storage.mongodb.messages.moves import Move
from zaqar.storage.mongodb.messages.scope import queue_of, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

BATCH = 100
"""Messages that move in one step, at most."""


def move(session: Session, queue: QueueKey, worn: Sequence[Document], rule: DeadLetterRule) -> None:
    """Move messages that are ready, or throw them away. Raises ``QueueNotFound`` when they have nowhere to go.

    Then nothing happens.
    """
    if rule.queue is not None:
        session.records.read(rule.queue)
    scope, keys, move_id = scope_of(queue), [each["_id"] for each in worn], moves.new_id(session)
    if rule.queue is None:
        leaving = Move(move_id, keys, scope, "discarded")
    else:
        leaving = Move(move_id, keys, scope_of(rule.queue), ttl=rule.ttl)
    moves.leave(session, scope, [leaving])
    try:
        moves.forward(session, scope, move_id)
    except QueueNotFound:
        moves.take_back(session, scope, move_id)
        raise


def leave_rule(session: Session, queue: QueueKey, rule: DeadLetterRule) -> None:
    """Leave the rule in the queue's record, for the sweep: a claim that had no time for all left some behind."""
    target = queue if rule.queue is None else rule.queue
    left: Document = {"queue": scope_of(target), "count": rule.max_claim_count, "ttl": rule.ttl}
    if rule.queue is None:
        left["way"] = "discarded"
    change = {"$set": {"dead_letters": left}, "$min": {"due": session.clock.now()}, "$inc": {"hurried": 1}}
    session.records.update(scope_of(queue), {}, change)


def rule_of(left: Document) -> DeadLetterRule:
    """Return a rule that was left in a record."""
    queue = None if left.get("way") == "discarded" else queue_of(left["queue"])
    return DeadLetterRule(queue=queue, max_claim_count=left["count"], ttl=left["ttl"])
