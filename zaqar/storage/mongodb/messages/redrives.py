"""The redrives of the storage contract; what each method does is in a module of its own."""

from collections.abc import Sequence

from zaqar.models import QueueKey, Redrive, RedriveTerms
from zaqar.storage import contract
from zaqar.storage.ids import Id
from zaqar.storage.mongodb.messages import redrive_record, redriving
from zaqar.storage.mongodb.messages.session import Session


class QueueRedrives(contract.Redrives):
    """The redrives in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, queue: QueueKey, terms: RedriveTerms, *, token: str) -> Redrive:
        """Begin one."""
        return redrive_record.create(self._session, queue, terms, token)

    def get(self, queue: QueueKey) -> Redrive | None:
        """Return the one that is running, else the last."""
        return redrive_record.get(self._session, queue)

    def cancel(self, queue: QueueKey, redrive_id: Id) -> None:
        """End it."""
        redrive_record.cancel(self._session, queue, redrive_id)

    def running(self) -> Sequence[QueueKey]:
        """Return the queues that have a running one."""
        return redrive_record.running(self._session)

    def step(self, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Redrive | None:
        """Look at some messages, and move those that the terms choose."""
        return redriving.step(self._session, queue, holder=holder, seconds=seconds, limit=limit)
