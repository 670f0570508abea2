"""The stores in one database of a server, a replica set or a sharded cluster, and what they are made of."""

from collections.abc import Hashable

from zaqar.clock import Clock
from zaqar.storage import tokens
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.mongodb.burying import Burying
from zaqar.storage.mongodb.candidates import Candidates
from zaqar.storage.mongodb.claims import Claims
from zaqar.storage.mongodb.connection import Database
from zaqar.storage.mongodb.counters import shared
from zaqar.storage.mongodb.dead_letters import DeadLetters
from zaqar.storage.mongodb.deletion import Deletion
from zaqar.storage.mongodb.leases import Leases
from zaqar.storage.mongodb.litter import Litter
from zaqar.storage.mongodb.popping import Popping
from zaqar.storage.mongodb.posting import Posting
from zaqar.storage.mongodb.queue_messages import QueueMessages
from zaqar.storage.mongodb.queue_records import QueueRecords
from zaqar.storage.mongodb.queues import Queues
from zaqar.storage.mongodb.records import Records
from zaqar.storage.mongodb.settling import Settling
from zaqar.storage.mongodb.striking import LONGEST_LEASE, MEMORY, Striking
from zaqar.storage.mongodb.sweep import Sweep
from zaqar.storage.mongodb.taking import Taking
from zaqar.storage.mongodb.writer import Writer


class Parts:
    """What a message store is made of.

    ``place``: what stores of this process on the same database have in common. ``patience``: seconds that a command is
    tried again.
    """

    def __init__(self, database: Database, clock: Clock, *, place: Hashable, patience: float) -> None:
        self.database = database
        self.clock = clock
        memory = tokens.memory(patience)
        longest = max(LONGEST_LEASE, int(6 * patience))
        self.counters = counters = shared(place)
        self.records = records = Records(database, clock, counters)
        self.writer = Writer(counters, records.write_counters)
        striking = Striking(database, clock, records, memory=max(MEMORY, 3 * longest))
        self.leases = Leases(database, clock, longest=longest)
        self.posting = Posting(database, clock, records, striking, self.leases, patience=patience)
        self.dead_letters = dead_letters = DeadLetters(database, clock, records, self.posting, counters)
        settling = Settling(database, clock, records, striking, dead_letters, counters)
        self.candidates = candidates = Candidates(database, clock, records, settling)
        taking = Taking(candidates)
        self.claims = Claims(database, clock, records, taking, dead_letters, counters)
        popping = Popping(database, clock, taking, counters, life=longest)
        self.deletion = Deletion(database, clock, records, self.claims, counters)
        self.messages = QueueMessages(database, clock, candidates, self.posting, self.deletion, popping, memory=memory)
        self.litter = litter = Litter(database, clock)
        self.queue_records = QueueRecords(database, clock, records, candidates, counters, litter)
        burying = Burying(records, candidates, dead_letters)
        self.sweep = Sweep(database, clock, records, striking, settling, self.queue_records, litter, burying, counters)

    def store(self) -> MessageStore:
        """Return the message store."""
        return MessageStore(
            records=self.queue_records,
            messages=self.messages,
            claims=self.claims,
            sweep=self.sweep.sweep,
            is_turn_to_sweep=self.sweep.is_turn,
            is_alive=self.database.is_alive,
            close=self.close,
        )

    def close(self) -> None:
        """Write the counters and close the connections."""
        self.leases.stop()
        self.writer.stop()
        self.database.close()


def management_store(database: Database) -> ManagementStore:
    """Return the management store, which closes the connections."""
    return ManagementStore(queues=Queues(database), is_alive=database.is_alive, close=database.close)
