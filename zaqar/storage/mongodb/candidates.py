"""What of a queue may be shown or taken: everything between its floor and its oldest unpublished post.

Uses the index ``reading`` on ``(queue, state, position)``.
"""

import dataclasses
from typing import Any

from zaqar.clock import Clock
from zaqar.models import QueueKey
from zaqar.storage.mongodb.connection import Database, Document
from zaqar.storage.mongodb.messages import READY, living
from zaqar.storage.mongodb.records import SETTLE_INTERVAL, Records
from zaqar.storage.mongodb.scope import scope_of
from zaqar.storage.mongodb.settling import Settling


@dataclasses.dataclass(frozen=True)
class View:
    """The part of a queue that may be shown now."""

    scope: str
    floor: int
    bound: int
    is_parked: bool
    """Nobody would notice that something falls due."""

    def positions(self, *, after: int = -1) -> dict[str, int]:
        """Return the condition on positions."""
        return {"$gte": max(self.floor, after + 1), "$lt": self.bound}


class Candidates:
    """Finds messages in post order."""

    def __init__(self, database: Database, clock: Clock, records: Records, settling: Settling) -> None:
        self._database = database
        self._clock = clock
        self._records = records
        self._settling = settling

    def view(self, queue: QueueKey) -> View:
        """Return what may be shown, after what is due has happened. Raises ``QueueNotFound``."""
        record = self._settling.opened(queue)
        return View(scope_of(queue), record.floor, self._records.bound(record), record.due is None)

    def find(self, view: View, *, limit: int) -> list[Document]:
        """Return the first messages that are ready."""
        wanted: dict[str, Any] = {
            "queue": view.scope,
            "state": READY,
            "position": view.positions(),
            "expires": living(self._clock.now()),
        }
        return self.first(wanted, limit=limit)

    def first(self, wanted: Document, *, limit: int) -> list[Document]:
        """Return the first messages that meet a condition, in one command."""
        return self._database.run(
            lambda: list(self._database.messages.find(wanted, batch_size=limit).sort("position", 1).limit(limit))
        )

    def in_key_order(self, view: View, wanted: Document, *, after: int, limit: int) -> list[Document]:
        """Return the first messages behind a position that meet a condition, whatever their states do meanwhile."""
        first, last = max(view.floor, after + 1), view.bound
        ranged = wanted | {"_id": {"$gte": f"{view.scope}/{first:014x}", "$lt": f"{view.scope}/{last:014x}"}}
        return self._database.run(
            lambda: list(
                self._database.messages.find(ranged, batch_size=limit).sort("_id", 1).limit(limit).hint([("_id", 1)])
            )
        )

    def watch(self, view: View) -> None:
        """See to it that what is taken now is missed when its time is over."""
        if view.is_parked:
            self._records.hurry(view.scope, self._clock.now() + SETTLE_INTERVAL)
