"""Steps on a queue that is settled first: what fell due is ready, and what lapsed is free."""

import time
from collections.abc import Callable
from typing import TypeVar

from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.sql.messages import due, lookup
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Transaction

Result = TypeVar("Result")


class Settling:
    """Settles queues of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, queue: QueueKey, step: Callable[[Transaction, int], Result]) -> Result:
        """Run ``step`` with the queue settled; settling more than a batch takes several transactions."""

        def settle_then_step(transaction: Transaction) -> tuple[bool, Result | None]:
            if queue not in transaction.settled:
                if not due.settle(transaction, lookup.look(transaction, queue)):
                    return False, None
                transaction.settled.add(queue)
            return True, step(transaction, lookup.known(transaction, queue))

        while True:
            is_settled, result = self._database.write(settle_then_step)
            if is_settled:
                return result  # type: ignore[return-value]
            time.sleep(due.PAUSE)

    def settle(self, queue: QueueKey) -> bool:
        """Settle the queue, and remove a batch of what has expired; tell whether that could be written.

        It cannot on a full disk, or while another process has the lock; what is there can be read all the same.
        """
        record = self._database.read(lambda session: lookup.look(session, queue))
        if not record.is_settled or record.has_expired:
            try:
                self.write(queue, lambda *_: None)
            except Unavailable:
                return False
        return True
