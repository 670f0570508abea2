"""Worn messages, which were claimed as often as the rule allows, and have not left for the dead-letter queue yet.

A claim moves those that it comes upon. What it has no time for is left to the sweep, and the rule in the record.
"""

import time
from collections.abc import Sequence

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule
from zaqar.storage.mongodb.messages import candidates, dead_letters
from zaqar.storage.mongodb.messages.encoding import is_worn
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.scope import queue_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document


def move_rest(session: Session, record: Record, *, seconds: float) -> int:
    """Move what claims left behind, batch after batch, for so many seconds; return how many messages moved.

    Or throw it away. None is left then in front of what may be claimed, unless the time was over before. A dead-letter queue that is gone ends
    it: the next claim says so to whom it concerns.
    """
    left = record.document["dead_letters"]
    queue = queue_of(record.scope)
    rule = dead_letters.rule_of(left)
    ends, moved = time.monotonic() + seconds, 0
    try:
        while worn := _first(session, record, rule):
            dead_letters.move(session, queue, worn, rule)
            moved += len(worn)
            if time.monotonic() > ends:
                return moved
    except QueueNotFound:
        pass
    session.records.update(record.scope, {"dead_letters": left}, {"$unset": {"dead_letters": ""}})
    return moved


def _first(session: Session, record: Record, rule: DeadLetterRule) -> Sequence[Document]:
    """Return those among the first messages that are ready: what is behind others is found when these are gone."""
    found = candidates.ready(session, queue_of(record.scope), limit=dead_letters.BATCH, is_brief=True).found
    return [each for each in found if is_worn(each, rule)]
