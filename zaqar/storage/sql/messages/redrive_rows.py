"""What is kept of the redrive of each queue: one row, by the queue's record, for the one that is running or else the last.

Index: ``redrives_running``, only those that run.
"""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from zaqar.models import QueueKey, Redrive
from zaqar.storage.sql.messages import lookup
from zaqar.storage.sql.schema import RECORDS, REDRIVES
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Statement, constant
from zaqar.storage.subscription_documents import decode_redrive, encode_redrive

_OF_RECORD = REDRIVES.c.queue == sa.bindparam("of_record")
_WITH_RECORD = sa.join(REDRIVES, RECORDS, RECORDS.c.id == REDRIVES.c.queue)
_OF_QUEUE = Statement(sa.select(REDRIVES.c.content).select_from(_WITH_RECORD).where(lookup.KEY))
_RUNNING = Statement(
    sa.select(RECORDS.c.project, RECORDS.c.name, RECORDS.c.kind)
    .select_from(_WITH_RECORD)
    .where(REDRIVES.c.is_running == constant(1))
)
_FIND = Statement(sa.select(REDRIVES.c.holder, REDRIVES.c.lease_ends_ms, REDRIVES.c.content).where(_OF_RECORD))
_IS_LATEST = Statement(sa.select(REDRIVES.c.queue).where(_OF_RECORD, REDRIVES.c.id == sa.bindparam("of_id")))
_INSERT = Statement(sa.insert(REDRIVES))
_CHANGE = Statement(
    sa.update(REDRIVES)
    .where(_OF_RECORD)
    .values(
        is_running=sa.bindparam("still_running"),
        holder=sa.bindparam("new_holder"),
        lease_ends_ms=sa.bindparam("ends_ms"),
        content=sa.bindparam("new_content"),
    )
)
_CARRY = Statement(sa.update(REDRIVES).where(_OF_RECORD).values(queue=sa.bindparam("to_record")))
_REMOVE = Statement(sa.delete(REDRIVES).where(_OF_RECORD))


class Lease(NamedTuple):
    """Who is at a redrive, and until when, in milliseconds since 1970."""

    holder: str = ""
    ends_ms: int = 0


FREE = Lease()
"""Nobody is at it."""


def of_queue(session: Session, queue: QueueKey) -> Redrive | None:
    """Return the redrive of a queue, if there is one."""
    row = session.row(_OF_QUEUE, queue._asdict())
    return None if row is None else decode_redrive(row[0])


def running(session: Session) -> list[QueueKey]:
    """Return the queues whose redrive is running."""
    return [QueueKey(*row) for row in session.rows(_RUNNING, {})]


def find(transaction: Transaction, record: int) -> tuple[Redrive, Lease] | None:
    """Return the redrive of a record, if there is one, and who is at it."""
    row = transaction.row(_FIND, {"of_record": record})
    return None if row is None else (decode_redrive(row[2]), Lease(row[0], row[1]))


def is_latest(transaction: Transaction, record: int, redrive_id: str) -> bool:
    """Tell whether the redrive of a record has this id."""
    return transaction.row(_IS_LATEST, {"of_record": record, "of_id": redrive_id}) is not None


def begin(transaction: Transaction, record: int, redrive: Redrive) -> None:
    """Let a redrive take the place of the last one."""
    remove(transaction, record)
    row = {"queue": record, "id": redrive.id, "is_running": 1, "holder": FREE.holder, "lease_ends_ms": FREE.ends_ms}
    transaction.run(_INSERT, {**row, "content": encode_redrive(redrive)})


def change(transaction: Transaction, record: int, redrive: Redrive, lease: Lease) -> None:
    """Store how far the redrive is."""
    change = {"still_running": int(redrive.state == "running"), "new_holder": lease.holder, "ends_ms": lease.ends_ms}
    transaction.run(_CHANGE, {**change, "of_record": record, "new_content": encode_redrive(redrive)})


def cancel(transaction: Transaction, record: int) -> None:
    """End the redrive, if one is running."""
    found = find(transaction, record)
    if found is not None and found[0].state == "running":
        ended = msgspec.structs.replace(found[0], state="cancelled", ended=transaction.now)
        change(transaction, record, ended, FREE)


def carry(transaction: Transaction, record: int, *, to: int) -> None:
    """Let the redrive be that of another record."""
    transaction.run(_CARRY, {"of_record": record, "to_record": to})


def remove(transaction: Transaction, record: int) -> None:
    """Forget the redrive."""
    transaction.run(_REMOVE, {"of_record": record})
