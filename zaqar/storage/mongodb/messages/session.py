"""What every step of the message store is given to work with."""

import dataclasses

from zaqar.clock import Clock
from zaqar.storage.mongodb.messages.call import Call
from zaqar.storage.mongodb.messages.counters import Counters
from zaqar.storage.mongodb.messages.known_records import KnownRecords
from zaqar.storage.mongodb.messages.leases import Leases
from zaqar.storage.mongodb.messages.lines import Lines
from zaqar.storage.mongodb.messages.pace import Pace
from zaqar.storage.mongodb.server.connection import Database


@dataclasses.dataclass(frozen=True, eq=False)
class Session:
    """One store's database and time, and what its process remembers; all threads share it.

    It is no session of MongoDB's own: commands of different steps have nothing in common.
    """

    database: Database
    clock: Clock
    records: KnownRecords
    counters: Counters
    leases: Leases
    """Posts of this process that are under way."""
    lines: Lines[Call]
    """Claims and pops of this process that are under way."""
    lending: Pace
    """When this process last removed the subscriptions of a queue that had ended."""
    saving: Pace
    """When it last removed, behind progress, what nobody needs any more."""

    @property
    def patience(self) -> float:
        """Return the seconds for which a command is tried again."""
        return self.database.retry.deadline
