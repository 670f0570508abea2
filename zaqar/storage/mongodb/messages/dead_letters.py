"""The way of messages that were claimed too often to their dead-letter queue.

They leave the ready messages in one step, under the id of their move; they are posted with a token made of that id, which
is remembered for a day; then they are removed. Whoever repeats the steps after a crash, or at the same time, posts nothing
twice. Where the dead-letter queue is gone they stay in the queue that they came from.
"""

from collections.abc import Sequence

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage import tokens
from zaqar.storage.ids import format_id, new_token, position_at
from zaqar.storage.mongodb.messages import posting
from zaqar.storage.mongodb.messages.encoding import LEAVING, READY, date_of
from zaqar.storage.mongodb.messages.post import Post
from zaqar.storage.mongodb.messages.scope import place_of, queue_of, scope_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

BATCH = 100
"""Messages that move in one step, at most."""

MEMORY = 86_400
"""Seconds for which the token of a move is remembered: how long an outage may be in the middle of it."""

LIFE = 30
"""Seconds after which others finish a move."""

_COPIED = ("client", "body", "checksum")


def move(session: Session, queue: QueueKey, worn: Sequence[Document], rule: DeadLetterRule) -> None:
    """Move messages that are ready. Raises ``QueueNotFound`` when they have nowhere to go; then nothing happens."""
    session.records.read(rule.queue)
    database, scope, now = session.database, scope_of(queue), session.clock.now()
    move_id = format_id(position_at(session.clock.microseconds()), new_token())
    wanted = {"_id": {"$in": [each["_id"] for each in worn]}, "queue": scope, "state": READY}
    target = {"queue": scope_of(rule.queue), "ttl": rule.ttl}
    change = {"$set": {"state": LEAVING, "claim": move_id, "until": now + LIFE, "target": target}}
    database.run(lambda: database.messages.update_many(wanted, change))
    try:
        forward(session, scope, move_id)
    except QueueNotFound:
        take_back(session, scope, move_id)
        raise


def leave_rule(session: Session, queue: QueueKey, rule: DeadLetterRule) -> None:
    """Leave the rule in the queue's record, for the sweep: a claim that had no time for all left some behind."""
    left = {"queue": scope_of(rule.queue), "count": rule.max_claim_count, "ttl": rule.ttl}
    change = {"$set": {"dead_letters": left}, "$min": {"due": session.clock.now()}, "$inc": {"hurried": 1}}
    session.records.update(scope_of(queue), {}, change)


def forward(session: Session, scope: str, move_id: str) -> None:
    """Post what is leaving a queue in a move where it belongs, and remove it. Raises ``QueueNotFound``."""
    database = session.database
    wanted = {"claim": move_id, "queue": scope, "state": LEAVING}
    found = database.run(lambda: list(database.messages.find(wanted).sort("position", 1)))
    if not found:
        return
    now = session.clock.now()
    token = tokens.derived(move_id.encode())
    target = queue_of(found[0]["target"]["queue"])
    drafts = [_fresh(each, now) for each in found]
    posting.post(session, Post(target, drafts, token, MEMORY, is_silent=True))
    posted = wanted | {"_id": {"$in": [each["_id"] for each in found]}}
    done = database.run(
        lambda: database.messages.delete_many(posted), when_in_doubt=lambda: session.counters.doubt(scope)
    )
    first = place_of(found[0]["_id"]).position
    session.counters.add(scope, position=first, total=-done.deleted_count)


def take_back(session: Session, scope: str, move_id: str) -> None:
    """Let what is leaving a queue in a move stay there: it is ready again."""
    wanted = {"claim": move_id, "queue": scope, "state": LEAVING}
    change = {"$set": {"state": READY}, "$unset": {"claim": "", "until": "", "target": ""}}
    session.database.run(lambda: session.database.messages.update_many(wanted, change))


def _fresh(document: Document, now: int) -> Document:
    """Return the draft of a message that begins a new life."""
    ttl = document["ttl"] if document["target"]["ttl"] is None else document["target"]["ttl"]
    copied = {name: document[name] for name in _COPIED if name in document}
    return {"state": READY, "created": now, "ttl": ttl, "expires": date_of(now + ttl)} | copied
