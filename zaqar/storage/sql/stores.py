"""The stores over one database."""

from functools import partial

from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.sql import sweep
from zaqar.storage.sql.connection import Database
from zaqar.storage.sql.queue_claims import QueueClaims
from zaqar.storage.sql.queue_messages import QueueMessages
from zaqar.storage.sql.queue_records import QueueRecords
from zaqar.storage.sql.queues import Queues
from zaqar.storage.sql.settling import Settling


def message_store(database: Database) -> MessageStore:
    """Return the message store, which closes the database."""
    settling = Settling(database)
    return MessageStore(
        records=QueueRecords(database, settling),
        messages=QueueMessages(database, settling),
        claims=QueueClaims(database, settling),
        sweep=partial(sweep.sweep, database),
        is_alive=database.is_alive,
        complaint=database.complaint,
        close=database.close,
    )


def management_store(database: Database) -> ManagementStore:
    """Return the management store, which closes the database."""
    return ManagementStore(queues=Queues(database), is_alive=database.is_alive, close=database.close)
