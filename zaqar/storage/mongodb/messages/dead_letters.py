"""The way of messages that were claimed too often to their dead-letter queue.

They leave the ready messages in one step, under a batch id; they are posted with a token made of that id, which is
remembered for a day; then they are removed. Whoever repeats the steps after a crash, or at the same time, posts nothing
twice. Where the dead-letter queue is gone they stay in the queue that they came from.
"""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule, QueueKey
from zaqar.storage import tokens
from zaqar.storage.ids import format_id, new_token, position_at
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.encoding import LEAVING, READY, date_of
from zaqar.storage.mongodb.messages.known_records import Records
from zaqar.storage.mongodb.messages.posting import Posting
from zaqar.storage.mongodb.messages.scope import place_of, queue_of, scope_of
from zaqar.storage.mongodb.server.connection import Database, Document

MEMORY = 86_400
"""Seconds for which the token of a batch is remembered: how long an outage may be in the middle of a move."""

LIFE = 30
"""Seconds after which others finish a move."""

_COPIED = ("client", "body", "checksum")


class DeadLetters:
    """Moves messages to other queues."""

    def __init__(
        self, database: Database, clock: Clock, records: Records, posting: Posting, counters: Counters
    ) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._posting = posting
        self._counters = counters

    def move(self, queue: QueueKey, worn: Sequence[Document], rule: DeadLetterRule) -> None:
        """Move messages that are ready. Raises ``QueueNotFound`` when they have nowhere to go; then nothing happens."""
        self._records.read(rule.queue)
        scope, now = scope_of(queue), self._clock.now()
        batch = format_id(position_at(self._clock.microseconds()), new_token())
        wanted = {"_id": {"$in": [each["_id"] for each in worn]}, "queue": scope, "state": READY}
        target = {"queue": scope_of(rule.queue), "ttl": rule.ttl}
        change = {"$set": {"state": LEAVING, "claim": batch, "until": now + LIFE, "target": target}}
        self._database.run(lambda: self._database.messages.update_many(wanted, change))
        try:
            self.forward(queue_scope=scope, batch=batch)
        except QueueNotFound:
            self.keep(scope, batch)
            raise

    def note(self, queue: QueueKey, rule: DeadLetterRule) -> None:
        """Leave the rule with the queue's record, for the sweep: a claim that had no time for all left some behind."""
        rest = {"queue": scope_of(rule.queue), "count": rule.max_claim_count, "ttl": rule.ttl}
        change = {"$set": {"dead_letters": rest}, "$min": {"due": self._clock.now()}, "$inc": {"hurried": 1}}
        self._records.update(scope_of(queue), {}, change)

    def forward(self, *, queue_scope: str, batch: str) -> None:
        """Post a batch where it belongs, and remove it. Raises ``QueueNotFound``."""
        wanted = {"claim": batch, "queue": queue_scope, "state": LEAVING}
        found = self._database.run(lambda: list(self._database.messages.find(wanted).sort("position", 1)))
        if not found:
            return
        now = self._clock.now()
        token = tokens.derived(batch.encode())
        target = queue_of(found[0]["target"]["queue"])
        self._posting.post(target, [_fresh(each, now) for each in found], token, memory=MEMORY)
        doomed = wanted | {"_id": {"$in": [each["_id"] for each in found]}}
        done = self._database.run(
            lambda: self._database.messages.delete_many(doomed),
            when_in_doubt=lambda: self._counters.doubt(queue_scope),
        )
        first = place_of(found[0]["_id"]).position
        self._counters.add(queue_scope, position=first, total=-done.deleted_count)

    def keep(self, scope: str, batch: str) -> None:
        """Let a batch stay where it was."""
        wanted = {"claim": batch, "queue": scope, "state": LEAVING}
        change = {"$set": {"state": READY}, "$unset": {"claim": "", "until": "", "target": ""}}
        self._database.run(lambda: self._database.messages.update_many(wanted, change))


def _fresh(document: Document, now: int) -> Document:
    """Return the draft of a message that begins a new life."""
    ttl = document["ttl"] if document["target"]["ttl"] is None else document["target"]["ttl"]
    copied = {name: document[name] for name in _COPIED if name in document}
    return {"state": READY, "created": now, "ttl": ttl, "expires": date_of(now + ttl)} | copied
