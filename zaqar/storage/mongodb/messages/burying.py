"""Moves what claims left behind of messages that were claimed too often: the rule of the last of them is in the record."""

import time

from zaqar.errors import QueueNotFound
from zaqar.models import DeadLetterRule
from zaqar.storage.mongodb.messages.candidates import Candidates
from zaqar.storage.mongodb.messages.dead_letters import DeadLetters
from zaqar.storage.mongodb.messages.known_records import Record, Records
from zaqar.storage.mongodb.messages.scope import queue_of
from zaqar.storage.mongodb.messages.taking import BURIED


class Burying:
    """Goes on with it, in the sweep."""

    def __init__(self, records: Records, candidates: Candidates, dead_letters: DeadLetters) -> None:
        self._records = records
        self._candidates = candidates
        self._dead_letters = dead_letters

    def go_on(self, record: Record, *, seconds: float) -> int:
        """Move batch after batch for so many seconds, or until none is left in front of what may be claimed; return how many.

        A dead-letter queue that is gone ends it: the next claim says so to whom it concerns.
        """
        note = record.document["dead_letters"]
        queue = queue_of(record.scope)
        rule = DeadLetterRule(queue=queue_of(note["queue"]), max_claim_count=note["count"], ttl=note["ttl"])
        ends, moved = time.monotonic() + seconds, 0
        try:
            while worn := self._worn(record, rule):
                self._dead_letters.move(queue, worn, rule)
                moved += len(worn)
                if time.monotonic() > ends:
                    return moved
        except QueueNotFound:
            pass
        self._records.update(record.scope, {"dead_letters": note}, {"$unset": {"dead_letters": ""}})
        return moved

    def _worn(self, record: Record, rule: DeadLetterRule) -> list[dict[str, object]]:
        """Return those among the first messages that are ready: what is behind others is found when these are gone."""
        found = self._candidates.ready(queue_of(record.scope), limit=BURIED, is_brief=True).found
        return [each for each in found if each.get("claim_count", 0) >= rule.max_claim_count]
