"""The record of a queue: one document, ``_id`` being the scope.

next          the position that the next message gets; never goes back, not even when the queue is deleted
born, floor   the first position of this life of the queue; the first that no purge has removed, also of earlier lives
reservations  posts under way: token, by, count, after (no position of it is before this), deadline
struck        those whose deadline passed and that are being removed
due           no later than the second at which something falls due, nor than SETTLE_INTERVAL behind the latest use;
              absent in a queue long unused in which nothing ever will
hurried       how often ``due`` was brought forward: who puts it off later looks whether it was meanwhile
total, claimed, counted, recounted   counters of what is above the floor; what they were at the last count, and when
deleted       second, in the remains of a deleted queue: they hold ``next`` until the time has passed it
litter        messages before this position, which is not above the floor, are still to be removed
notify_until  second until which a post leaves a notice, set before a subscription that ends then can be seen; kept in
              the remains; absent where nobody ever subscribed
subscribed    second at which it was last raised
dead_letters  what is claimed too often is still to be moved: to which queue, from what count on, with what ttl; or thrown away,
              where ``way`` says so
discarded     how many were thrown away; ``discards``, the last moves that were counted in it
redrive       of the queue, running or the last: see ``redrive_record``
"""

import dataclasses

from zaqar.storage.mongodb.server.connection import Document

SETTLE_INTERVAL = 30
"""Seconds after which a queue in use is settled anyway: what a race hid from one settling is found by the next."""

ROOM = 10_000
"""Positions that a purge skips, so that others may post between its two commands; a hundredth of a second of positions."""

BOUND = {"$min": ["$next", {"$min": "$reservations.after"}, {"$min": "$struck.after"}]}
"""``Record.bound`` as an expression; the least of no posts is null, which does not count."""


@dataclasses.dataclass(frozen=True)
class Record:
    """A record as it was read."""

    scope: str
    document: Document

    @property
    def next(self) -> int:
        """Return the position that the next message gets."""
        return int(self.document["next"])

    @property
    def floor(self) -> int:
        """Return the first position that was not purged."""
        return int(self.document["floor"])

    @property
    def born(self) -> int:
        """Return the first position of this life of the queue."""
        return int(self.document["born"])

    @property
    def litter(self) -> int | None:
        """Return the position before which messages are still to be removed; None where that is done."""
        return self.document.get("litter")

    @property
    def due(self) -> int | None:
        """Return when to settle at the latest; None when never."""
        return self.document.get("due")

    @property
    def notify_until(self) -> int:
        """Return the second until which posts leave notices."""
        return int(self.document.get("notify_until", 0))

    @property
    def discarded(self) -> int:
        """Return how many messages were claimed too often and thrown away, in this life of the queue."""
        return int(self.document.get("discarded", 0))

    @property
    def is_deleted(self) -> bool:
        """Tell whether these are the remains of a deleted queue."""
        return "deleted" in self.document

    @property
    def open(self) -> list[Document]:
        """Return the posts that are neither published nor removed."""
        return [*self.document["reservations"], *self.document["struck"]]

    @property
    def bound(self) -> int:
        """Return the position before which every post is published or removed."""
        return min((int(post["after"]) for post in self.open), default=self.next)
