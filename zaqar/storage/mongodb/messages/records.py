"""What happens to a queue as a whole: it is made, purged, deleted, and its statistics told.

A purge and a deletion take one step, after which nothing that was there is seen. Then they remove one batch; the rest is
litter, which the sweep removes.
"""

from zaqar.models import QueueKey, Stats
from zaqar.storage import contract
from zaqar.storage.mongodb.messages import litter, redrive_record, statistics
from zaqar.storage.mongodb.messages.record import ROOM, Record
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.session import Session


class QueueRecords(contract.Records):
    """The queues in one database."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, queue: QueueKey) -> None:
        """Make the record."""
        self._session.records.create(queue)

    def delete(self, queue: QueueKey) -> None:
        """Turn the record into remains, which keep positions from being given again until the time is past them.

        Whatever was reserved until then is below the floor: it is published no more.
        """
        session = self._session
        while (found := session.records.find(scope_of(queue))) is not None:
            past = (found.next + ROOM) // 1_000_000 + 1
            gone = {"deleted": session.clock.now(), "reservations": [], "struck": [], "due": past}
            remains = found if found.is_deleted else session.records.empty(found, gone, without=["redrive"])
            if remains is not None:
                _clear(session, remains)
                return

    def purge(self, queue: QueueKey) -> None:
        """Raise the floor, and end a running redrive."""
        session = self._session
        while (found := session.records.find(scope_of(queue))) is not None and not found.is_deleted:
            purged = _purged(session, found)
            if purged is not None:
                _clear(session, purged)
                return

    def stats(self, queue: QueueKey) -> Stats:
        """Return the counters and both ends."""
        return statistics.stats(self._session, queue)


def _purged(session: Session, found: Record) -> Record | None:
    """Raise the floor of a queue as it was found, with its redrive; return the record, None where that changed."""
    redrive = found.document.get("redrive", {})
    same = {"redrive.id": redrive.get("id"), "redrive.is_running": redrive.get("is_running")}
    if "is_running" not in redrive:
        return session.records.empty(found, {}, condition=same)
    cancelled = redrive_record.ended("cancelled", session.clock.now())
    return session.records.empty(found, cancelled, without=["redrive.is_running"], condition=same)


def _clear(session: Session, record: Record) -> None:
    """Remove what is not more than a batch at once."""
    if record.litter is not None:
        litter.clear(session, record)
