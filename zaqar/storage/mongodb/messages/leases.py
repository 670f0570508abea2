"""Leases of posts that are under way: how long each may keep the positions that it has reserved.

A post holds up readers until it is published (storage R2.3.4). Its process renews the lease every second, so that readers
wait for no longer than one lease where a process has died. A process that cannot renew in time, as it was stopped or is cut
off, loses the positions, and posts anew.
"""

import contextlib
import dataclasses
import threading
import time
from collections.abc import Iterator

from pymongo import UpdateOne

from zaqar import forks
from zaqar.background import Task
from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.storage.mongodb.server.connection import Database

LEASE = 4
"""Seconds that a post keeps its places without a word of its process: a second more passes before readers notice."""

INTERVAL = 1.0
"""Seconds between two renewals."""

LONGEST = 60
"""Seconds that a post may keep its places without a word of its process, at most."""

YOUNG = 0.5
"""Seconds of a post in which it is not renewed: most are published by then."""

MOST_ABANDONED = 10_000
"""Posts given up that one process remembers."""


@dataclasses.dataclass(frozen=True)
class _Lease:
    """What one post under way holds."""

    scope: str
    nonce: str
    seconds: int
    since: float


class Leases:
    """Renews those of one store, in one command for all. ``longest``: seconds that a lease may be."""

    def __init__(self, database: Database, clock: Clock, *, longest: int) -> None:
        self._database = database
        self._clock = clock
        self.longest = longest
        self._abandoned: set[tuple[str, str]] = set()
        self._task = Task(
            "leases",
            self._renew_soon,
            interval=INTERVAL,
            failure="Places of posts under way could not be kept.",
            is_wanted=lambda: bool(self._held),
        )
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Leave to the parent, in a forked process, its posts: they must not outlive it."""
        self._lock = threading.Lock()
        self._held: dict[str, _Lease] = {}

    @contextlib.contextmanager
    def held(self, scope: str, nonce: str, *, seconds: int) -> Iterator[None]:
        """Renew the lease of a post while the block runs."""
        with self._lock:
            self._held[nonce] = _Lease(scope, nonce, seconds, time.monotonic())
        self._task.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(nonce, None)

    def longer(self, seconds: int) -> int:
        """Return the lease of a post that lost its places: a server that is slow must not make it lose them for ever."""
        return min(4 * seconds, self.longest)

    def renew(self, *, older_than: float = 0.0) -> None:
        """Let every post that has been under way for so many seconds keep its places. Raises ``Unavailable``."""
        latest = time.monotonic() - older_than
        with self._lock:
            held = [lease for lease in self._held.values() if lease.since <= latest]
        if held:
            now = self._clock.now()
            changes = [self._renewal(lease, now) for lease in held]
            self._database.run_once(lambda: self._database.records.bulk_write(changes, ordered=False))

    def abandon(self, scope: str, nonce: str) -> None:
        """Remember that this process has given up a post: nobody here has to wait for its deadline."""
        if len(self._abandoned) >= MOST_ABANDONED:
            self._abandoned.clear()  # those forgotten have their deadlines
        self._abandoned.add((scope, nonce))

    def is_abandoned(self, scope: str, nonce: str) -> bool:
        """Tell whether this process has given up a post."""
        return (scope, nonce) in self._abandoned

    def forget(self, scope: str, nonce: str) -> None:
        """Forget a post that is removed."""
        self._abandoned.discard((scope, nonce))

    def stop(self) -> None:
        """End the thread."""
        self._task.stop()

    def _renewal(self, lease: _Lease, now: int) -> UpdateOne:
        wanted = {"_id": lease.scope, "deleted": None, "reservations.by": lease.nonce}
        return UpdateOne(wanted, {"$set": {"reservations.$.deadline": now + lease.seconds}})

    def _renew_soon(self) -> None:
        # Posts whose server is away have told so themselves; and they lose no more than their places.
        with contextlib.suppress(Unavailable):
            self.renew(older_than=YOUNG)
