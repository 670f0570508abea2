"""The message store in one database of a server, a replica set or a sharded cluster, and what it is made of."""

from collections.abc import Hashable

from zaqar.clock import Clock
from zaqar.storage import tokens
from zaqar.storage.contract import MessageStore
from zaqar.storage.mongodb.messages.burying import Burying
from zaqar.storage.mongodb.messages.candidates import Candidates
from zaqar.storage.mongodb.messages.claims import Claims
from zaqar.storage.mongodb.messages.counters import shared
from zaqar.storage.mongodb.messages.dead_letters import DeadLetters
from zaqar.storage.mongodb.messages.deletion import Deletion
from zaqar.storage.mongodb.messages.due import Settling
from zaqar.storage.mongodb.messages.known_records import Records
from zaqar.storage.mongodb.messages.leases import Leases
from zaqar.storage.mongodb.messages.litter import Litter
from zaqar.storage.mongodb.messages.messages import QueueMessages
from zaqar.storage.mongodb.messages.popping import Popping
from zaqar.storage.mongodb.messages.posting import Posting
from zaqar.storage.mongodb.messages.records import QueueRecords
from zaqar.storage.mongodb.messages.striking import LONGEST_LEASE, MEMORY, Striking
from zaqar.storage.mongodb.messages.sweep import Sweep
from zaqar.storage.mongodb.messages.taking import Taking
from zaqar.storage.mongodb.messages.writer import Writer
from zaqar.storage.mongodb.server.connection import Database


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
