"""The redrives of queues: each verb is one transaction."""

from collections.abc import Sequence
from functools import partial

from zaqar.errors import QueueNotFound
from zaqar.models import QueueKey, Redrive, RedriveTerms
from zaqar.storage import contract, refusals
from zaqar.storage.ids import Id, format_id
from zaqar.storage.sql.messages import lookup, redrive_rows, redriving
from zaqar.storage.sql.messages.settling import Settling
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.session import Transaction


class QueueRedrives(contract.Redrives):
    """The redrives in one database."""

    def __init__(self, database: Database, settling: Settling) -> None:
        self._database = database
        self._settling = settling

    def create(self, queue: QueueKey, terms: RedriveTerms, *, token: str) -> Redrive:
        """Begin one; what is in the queue now has positions in front of its own."""

        def step(transaction: Transaction) -> Redrive:
            record = lookup.known(transaction, queue)
            found = redrive_rows.find(transaction, record)
            if found is not None and found[0].state == "running":
                raise refusals.redrive_running()
            position = transaction.allocate(1)
            redrive = Redrive(format_id(position, token), terms, created=transaction.now, until=position)
            redrive_rows.begin(transaction, record, redrive)
            return redrive

        return self._database.write(step, adds=True)

    def get(self, queue: QueueKey) -> Redrive | None:
        """Return the one of the queue."""
        return self._database.read(partial(redrive_rows.of_queue, queue=queue))

    def cancel(self, queue: QueueKey, redrive_id: Id) -> None:
        """End it."""

        def step(transaction: Transaction) -> None:
            record = lookup.known(transaction, queue)
            if not redrive_rows.is_latest(transaction, record, format_id(*redrive_id)):
                raise refusals.no_redrive()
            redrive_rows.cancel(transaction, record)

        try:
            self._database.write(step)
        except QueueNotFound:
            raise refusals.no_redrive() from None

    def running(self) -> Sequence[QueueKey]:
        """Return the queues that have a running one."""
        return self._database.read(redrive_rows.running)

    def step(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Redrive | None:
        """Move some, in a queue that is settled, so that what is ready can be seen."""
        terms = redriving.Terms(queue, holder, seconds, limit)
        try:
            return self._settling.write(queue, partial(redriving.step, terms=terms))
        except QueueNotFound as error:
            if error.queue == queue:
                return None
            raise
