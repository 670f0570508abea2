"""The message store over one database, made out of its parts."""

from functools import partial

from zaqar.storage.contract import MessageStore
from zaqar.storage.sql.messages import past_notices, sweep
from zaqar.storage.sql.messages.claims import QueueClaims
from zaqar.storage.sql.messages.deliveries import QueueDeliveries
from zaqar.storage.sql.messages.messages import QueueMessages
from zaqar.storage.sql.messages.records import QueueRecords
from zaqar.storage.sql.messages.redrives import QueueRedrives
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.messages.subscriptions import QueueSubscriptions
from zaqar.storage.sql.sqlite.connection import Database


def message_store(database: Database) -> MessageStore:
    """Return the message store, which closes the database."""
    settling = Settling(database)
    return MessageStore(
        records=QueueRecords(database, settling),
        messages=QueueMessages(database, settling),
        claims=QueueClaims(database, settling),
        subscriptions=QueueSubscriptions(database),
        deliveries=QueueDeliveries(database),
        redrives=QueueRedrives(database, settling),
        microseconds=database.clock.microseconds,
        sweep=partial(sweep.sweep, database, past_notices.Round()),
        is_alive=database.is_alive,
        complaint=database.complaint,
        close=database.close,
    )
