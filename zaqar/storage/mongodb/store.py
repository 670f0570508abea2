"""The message store: one method per verb, each done by the module of its noun."""

from collections.abc import Hashable, Sequence

from zaqar.clock import Clock
from zaqar.models import Claim, DeadLetterRule, Message, NewMessage, QueueKey, Stats
from zaqar.storage.contract import MessageStore
from zaqar.storage.mongodb.burying import Burying
from zaqar.storage.mongodb.candidates import Candidates
from zaqar.storage.mongodb.claims import Claims
from zaqar.storage.mongodb.connection import Database
from zaqar.storage.mongodb.counters import shared
from zaqar.storage.mongodb.dead_letters import DeadLetters
from zaqar.storage.mongodb.deletion import Deletion
from zaqar.storage.mongodb.leases import Leases
from zaqar.storage.mongodb.litter import Litter
from zaqar.storage.mongodb.messages import draft
from zaqar.storage.mongodb.popping import Popping
from zaqar.storage.mongodb.posting import Posting
from zaqar.storage.mongodb.queue_records import QueueRecords
from zaqar.storage.mongodb.reading import Reading
from zaqar.storage.mongodb.records import Records
from zaqar.storage.mongodb.settling import Settling
from zaqar.storage.mongodb.striking import LONGEST_LEASE, MEMORY, Striking
from zaqar.storage.mongodb.sweep import Sweep
from zaqar.storage.mongodb.taking import Taking
from zaqar.storage.mongodb.writer import Writer


class MongoMessageStore(MessageStore):
    """Messages and claims in one database of a server, a replica set or a sharded cluster.

    ``place``: what stores of this process on the same database have in common. ``patience``: seconds that a command is
    tried again.
    """

    def __init__(self, database: Database, clock: Clock, *, place: Hashable, patience: float) -> None:
        self._database = database
        self._clock = clock
        self._memory = max(int(2 * patience), 30)
        longest = max(LONGEST_LEASE, int(6 * patience))
        counters = shared(place)
        self._records = Records(database, clock, counters)
        self._writer = Writer(counters, self._records.write_counters)
        striking = Striking(database, clock, self._records, memory=max(MEMORY, 3 * longest))
        self._leases = Leases(database, clock, longest=longest)
        self._posting = Posting(database, clock, self._records, striking, self._leases, patience=patience)
        dead_letters = DeadLetters(database, clock, self._records, self._posting, counters)
        settling = Settling(database, clock, self._records, striking, dead_letters, counters)
        self._candidates = candidates = Candidates(database, clock, self._records, settling)
        self._reading = Reading(database, clock, candidates)
        taking = Taking(candidates)
        self._claims = Claims(database, clock, self._records, taking, dead_letters, counters)
        self._popping = Popping(database, clock, taking, counters, life=longest)
        self._deletion = Deletion(database, clock, self._records, self._claims, counters)
        litter = Litter(database, clock)
        self._queues = QueueRecords(database, clock, self._records, candidates, counters, litter)
        burying = Burying(self._records, candidates, dead_letters)
        self._sweep = Sweep(database, clock, self._records, striking, settling, self._queues, litter, burying, counters)

    def create_queue(self, queue: QueueKey) -> None:
        """Make the record of the queue."""
        self._records.create(queue)

    def delete_queue(self, queue: QueueKey) -> None:
        """Remove the record and all messages."""
        self._queues.delete(queue)

    def purge_messages(self, queue: QueueKey) -> None:
        """Remove every message."""
        self._queues.purge(queue)

    def stats(self, queue: QueueKey) -> Stats:
        """Tell the counters."""
        return self._queues.stats(queue)

    def post(self, queue: QueueKey, new: Sequence[NewMessage], *, client_id: str, token: str) -> list[str]:
        """Append messages: reserve, insert, publish."""
        now = self._clock.now()
        drafts = [draft(each, now=now, client_id=client_id) for each in new]
        return self._posting.post(queue, drafts, token, memory=self._memory)

    def list_messages(
        self,
        queue: QueueKey,
        *,
        marker: str | None,
        limit: int,
        hidden_client_id: str | None,
        include_claimed: bool,
        include_delayed: bool,
    ) -> list[Message]:
        """Return a page."""
        return self._reading.page(
            queue,
            marker=marker,
            limit=limit,
            hidden_client_id=hidden_client_id,
            include_claimed=include_claimed,
            include_delayed=include_delayed,
        )

    def get_messages(self, queue: QueueKey, ids: Sequence[str]) -> list[Message]:
        """Return those that exist."""
        return self._reading.get(queue, ids)

    def delete_message(self, queue: QueueKey, message_id: str, *, claim_id: str | None) -> None:
        """Delete one."""
        self._deletion.delete(queue, message_id, claim_id=claim_id)

    def delete_messages(self, queue: QueueKey, ids: Sequence[str], *, claim_ids: Sequence[str] | None) -> None:
        """Delete many."""
        if claim_ids is None:
            self._deletion.delete_many(queue, ids)
        else:
            self._deletion.delete_held(queue, ids, claim_ids)

    def pop_messages(self, queue: QueueKey, *, limit: int) -> list[Message]:
        """Take the first messages that are ready."""
        return self._popping.pop(queue, limit=limit)

    def create_claim(
        self, queue: QueueKey, *, ttl: int, grace: int, limit: int, dead_letter: DeadLetterRule | None
    ) -> Claim:
        """Claim the first messages that are ready."""
        return self._claims.create(queue, ttl=ttl, grace=grace, limit=limit, rule=dead_letter)

    def get_claim(self, queue: QueueKey, claim_id: str) -> Claim:
        """Return a live claim."""
        return self._claims.get(queue, claim_id)

    def renew_claim(self, queue: QueueKey, claim_id: str, *, ttl: int, grace: int) -> None:
        """Give a live claim a new end."""
        self._claims.renew(queue, claim_id, ttl=ttl, grace=grace)

    def release_claim(self, queue: QueueKey, claim_id: str) -> None:
        """End a claim."""
        self._claims.release(queue, claim_id)

    def sweep(self) -> int:
        """Reclaim what has expired, settle and recount queues."""
        return self._sweep.sweep()

    def is_turn_to_sweep(self) -> bool:
        """Let one process sweep in each interval, of all on all hosts."""
        return self._sweep.is_turn()

    def is_alive(self) -> bool:
        """Tell whether the primary answers."""
        return self._database.is_alive()

    def close(self) -> None:
        """Write the counters and close the connections."""
        self._leases.stop()
        self._writer.stop()
        self._database.close()
