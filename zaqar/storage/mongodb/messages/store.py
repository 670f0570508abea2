"""The message store in one database of a server, a replica set or a sharded cluster, and what it is made of."""

import functools
from collections.abc import Hashable

from zaqar.clock import Clock
from zaqar.storage.contract import MessageStore
from zaqar.storage.mongodb.messages.claims import QueueClaims
from zaqar.storage.mongodb.messages.counters import shared
from zaqar.storage.mongodb.messages.deliveries import QueueDeliveries
from zaqar.storage.mongodb.messages.known_records import KnownRecords
from zaqar.storage.mongodb.messages.leases import LONGEST, Leases
from zaqar.storage.mongodb.messages.lines import Lines
from zaqar.storage.mongodb.messages.messages import QueueMessages
from zaqar.storage.mongodb.messages.pace import Pace
from zaqar.storage.mongodb.messages.records import QueueRecords
from zaqar.storage.mongodb.messages.redrives import QueueRedrives
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.messages.statistics import write_counters
from zaqar.storage.mongodb.messages.subscriptions import QueueSubscriptions
from zaqar.storage.mongodb.messages.sweep import is_turn_to_sweep, sweep
from zaqar.storage.mongodb.messages.writer import Writer
from zaqar.storage.mongodb.server.connection import Database


class Parts:
    """What a message store is made of: the session that all its steps are given, and the writer of the counters.

    ``place``: what stores of this process on the same database have in common.
    """

    def __init__(self, database: Database, clock: Clock, *, place: Hashable) -> None:
        longest = max(LONGEST, int(6 * database.retry.deadline))
        self.session = Session(
            database,
            clock,
            KnownRecords(database, clock),
            shared(place),
            Leases(database, clock, longest=longest),
            Lines(),
            Pace(clock),
            Pace(clock),
        )
        self.writer = Writer(self.session.counters, functools.partial(write_counters, self.session))

    def store(self) -> MessageStore:
        """Return the message store."""
        session = self.session
        return MessageStore(
            records=QueueRecords(session),
            messages=QueueMessages(session),
            claims=QueueClaims(session),
            subscriptions=QueueSubscriptions(session),
            deliveries=QueueDeliveries(session),
            redrives=QueueRedrives(session),
            microseconds=session.clock.microseconds,
            sweep=functools.partial(sweep, session),
            is_turn_to_sweep=functools.partial(is_turn_to_sweep, session),
            is_alive=session.database.is_alive,
            close=self.close,
        )

    def close(self) -> None:
        """Write the counters and close the connections."""
        self.session.leases.stop()
        self.writer.stop()
        self.session.database.close()
