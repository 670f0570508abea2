"""Removes messages that have expired, in all queues. Uses the index ``expiry``."""

import math
from collections import defaultdict

from zaqar.storage.mongodb.messages.encoding import CLAIMED, COUNTED_AS_CLAIMED, DELAYED, DOOMED, POPPED, READY, ended
from zaqar.storage.mongodb.messages.scope import place_of
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

BATCH = 1000

_MAY_EXPIRE = [READY, DELAYED, CLAIMED, POPPED, DOOMED]
"""A dead letter on its way begins a new life."""


def expire(session: Session) -> int:
    """Remove what has expired, batch after batch, and count it; return how many messages went."""
    gone = 0
    while True:
        now = session.clock.now()
        found = _expired(session, now)
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        for document in found:
            groups[document["queue"], document["state"]].append(document["_id"])
        floors = session.records.floors({scope for scope, _ in groups}) if groups else {}
        for (scope, state), keys in groups.items():
            purged = [key for key in keys if place_of(key).position < floors.get(scope, math.inf)]
            gone += _remove(session, scope, state, purged, now, is_counted=False)
            gone += _remove(session, scope, state, sorted(set(keys) - set(purged)), now, is_counted=True)
        if len(found) < BATCH:
            return gone


def _expired(session: Session, now: int) -> list[Document]:
    wanted, shown = {"expires": ended(now), "state": {"$in": _MAY_EXPIRE}}, {"queue": 1, "state": 1}
    return session.database.run(
        lambda: list(session.database.messages.find(wanted, shown, batch_size=BATCH).limit(BATCH))
    )


def _remove(session: Session, scope: str, state: str, keys: list[str], now: int, *, is_counted: bool) -> int:
    if not keys:
        return 0
    wanted = {"_id": {"$in": keys}, "queue": scope, "state": state, "expires": ended(now)}
    number = session.database.run(
        lambda: session.database.messages.delete_many(wanted), when_in_doubt=lambda: session.counters.doubt(scope)
    ).deleted_count
    if is_counted:
        claimed = number if state in COUNTED_AS_CLAIMED else 0
        session.counters.add(scope, position=place_of(keys[0]).position, total=-number, claimed=-claimed)
    return number
