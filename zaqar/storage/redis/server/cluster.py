"""The way to the nodes of a Cluster: a pool of connections to each, and a map of who has which slot.

redis-py's own client for a Cluster is not used. It repeats inside, outside of our deadline and for as long as a lock is
held; it knows no way to a node that has no slots yet (``ASK``); its map of the nodes can break when several threads lose
the same node at once (redis-py 8.1).
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError

from zaqar.storage.redis.server.direct import Direct
from zaqar.storage.redis.server.failure import ServerFailed
from zaqar.storage.redis.server.server import Command

Place = tuple[str, int]
"""Host and port."""

MOST_REDIRECTIONS = 5
_SCRIPTED = (b"EVALSHA", b"EVAL")


class Cluster:
    """Sends each command to the node that has its key (a ``Link``).

    ``places``: some of the nodes, which are asked for all others. ``reach``: returns the way to a node, and connects to
    nothing yet. ``patience``: seconds after which no further node is asked for the map.
    """

    def __init__(self, places: Sequence[Place], reach: Callable[[Place], Direct], *, patience: float) -> None:
        self.losses = 0
        self._reach = reach
        self._patience = patience
        self._given = tuple(places)
        self._known = list(places)  # the best to ask first
        self._ways: dict[Place, Direct] = {}
        self._primaries: tuple[Place, ...] = ()
        self._owners: list[Place | None] = []
        self._is_stale = True
        self._learning = threading.Lock()
        self._failure: tuple[float, ServerFailed] | None = None

    def ask(self, command: Command, *, is_careful: bool = False, node: object = None) -> Any:
        """Return the answer to a command, of the node that has its key, or of a certain one."""
        try:
            way = self._way_to_key(command) if node is None else self._way(node)  # type: ignore[arg-type]
            return way.ask(command, is_careful=is_careful)
        except ServerFailed as failed:
            if isinstance(failed.error, AskError):
                return self._redirected(failed, command, is_careful=is_careful)
            self._note(failed)
            raise

    def nodes(self) -> Sequence[object]:
        """Return the primaries. Raises ``ServerFailed``."""
        if self._is_stale:
            self._learn()
        return self._primaries

    def close(self) -> None:
        """Close the connections that are idle."""
        for way in list(self._ways.values()):
            way.close()

    def forget_parent(self) -> None:
        """Start without connections."""
        self._ways = {}
        self._learning = threading.Lock()

    def _redirected(self, failed: ServerFailed, command: Command, *, is_careful: bool) -> Any:
        """Go where the nodes say the slot is now. A node that sends us on did nothing, so this repeats nothing."""
        for _ in range(MOST_REDIRECTIONS):
            error = failed.error
            if not isinstance(error, AskError) or not error.host:  # without a name, the map tells where that is
                break
            is_moved = isinstance(error, MovedError)
            if is_moved:
                self._is_stale = True
                self._owners[error.slot_id] = (error.host, error.port)
            try:
                way = self._way((error.host, error.port))
                return way.ask(command, is_careful=is_careful, is_asking=not is_moved)
            except ServerFailed as next_failed:
                failed = next_failed
        self._note(failed)
        raise failed

    def _note(self, failed: ServerFailed) -> None:
        if failed.is_passing:
            self._is_stale = True
        if failed.is_loss:
            self.losses += 1

    def _way_to_key(self, command: Command) -> Direct:
        if self._is_stale:
            self._learn()
        key = command[3] if command[0] in _SCRIPTED else command[1]
        slot = key_slot(key if isinstance(key, bytes) else str(key).encode())
        owner = self._owners[slot]
        if owner is None:
            self._is_stale = True
            raise ServerFailed(ClusterDownError(f"No node serves slot {slot}."), was_sent=False)
        return self._way(owner)

    def _way(self, place: Place) -> Direct:
        way = self._ways.get(place)
        return way if way is not None else self._ways.setdefault(place, self._reach(place))

    def _learn(self) -> None:
        """Ask for the map, in one thread at a time; where there is an old one, the others go on with that meanwhile."""
        began = time.monotonic()
        if not self._learning.acquire(blocking=not self._owners):
            return
        try:
            if not self._is_stale:
                return
            if self._failure is not None and self._failure[0] > began:
                raise self._failure[1]  # of the thread that this one waited for
            had_map = bool(self._owners)
            if had_map:
                self._is_stale = False  # before: what is found moved meanwhile is learned later
            self._ask_for_map(ends=began + self._patience)
            self._is_stale = self._is_stale and had_map
        except ServerFailed as failed:
            self._is_stale = True
            self._failure = (time.monotonic(), failed)
            raise
        finally:
            self._learning.release()

    def _ask_for_map(self, *, ends: float) -> None:
        """Take the first map that a node gives; nodes that do not answer are asked last from then on."""
        for place in tuple(self._known):  # of which there is always one
            try:
                answer = self._way(place).ask((b"CLUSTER", b"SLOTS"))
            except ServerFailed as failed:
                last = failed.error
                self._known.remove(place)
                self._known.append(place)
            else:
                self._draw(answer, asked=place)
                return
            if time.monotonic() > ends:
                break
        raise ServerFailed(last, was_sent=False) from last

    def _draw(self, ranges: Any, *, asked: Place) -> None:
        owners: list[Place | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        primaries, replicas = [], []
        for first, last, *members in sorted(ranges):
            # A node that does not know its own name is found where it was asked.
            places = [(host.decode() if host else asked[0], int(port)) for host, port, *_ in members]
            owners[first : last + 1] = [places[0]] * (last + 1 - first)
            primaries.append(places[0])
            replicas += places[1:]
        self._primaries = tuple(dict.fromkeys(primaries))
        self._known = list(dict.fromkeys((asked, *self._primaries, *replicas, *self._given)))
        self._owners = owners
        for place in self._ways.keys() - set(self._known):
            self._ways.pop(place).close()
