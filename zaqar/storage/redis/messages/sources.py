"""Which queues have something in their outboxes.

That lies on other slots of a Cluster than the queues, so no script can write both. A process notes what its posts found out,
and writes the notes every two seconds: no post waits for one. What a crash kept from being noted is found by whoever
looks at every key: each process when it first asks, then one of all processes every minute.
"""

import collections
import contextlib
from collections.abc import Iterable

from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.redis.keys import (
    OUTBOXES,
    OUTBOXES_TURN,
    agenda_of,
    keys_of,
    outbox_keys_of,
    queue_of,
    source_keys_of,
)
from zaqar.storage.redis.messages import agenda, scripts, turns
from zaqar.storage.redis.server.server import Server

SEARCHED_EVERY = 60
"""Seconds between two looks at every key by the processes of all hosts together."""


class Sources:
    """Queues whose log may not be empty, safe between threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._notes: collections.deque[QueueKey] = collections.deque(maxlen=agenda.MOST_NOTES)
        self._has_searched = False

    def note_soon(self, queue: QueueKey) -> None:
        """Note with the next ``write`` that the queue's log is no longer empty."""
        self._notes.append(queue)

    def write(self) -> None:
        """Write the notes. Raises ``Unavailable``; what could not be written stays for the next time."""
        queues: set[QueueKey] = set()
        while self._notes:
            queues.add(self._notes.popleft())
        try:
            self._note(queues)
        except Unavailable:
            self._notes.extend(queues)
            raise

    def find(self) -> list[QueueKey]:
        """Return the queues that can be found at the moment. Raises ``Unavailable`` where that is none."""
        missing: list[Unavailable] = []
        found: list[bytes] = []
        for step in (self.write, self._search_in_turn):
            try:
                step()
            except Unavailable as error:
                missing.append(error)
        for number in agenda.numbers():
            try:
                found += sorted(self._server.command("SMEMBERS", source_keys_of(number).sources))
            except Unavailable as error:
                missing.append(error)
        if missing and not found:
            raise missing[0]
        return [queue_of(record) for record in found]

    def forget(self, queue: QueueKey) -> None:
        """Strike a queue whose log was found empty; where its index does not answer, it stays there.

        A post that came since left something in the log before it noted that. So whoever strikes first, and looks at the log
        then, loses no note.
        """
        sources = source_keys_of(agenda_of(queue)).sources
        with contextlib.suppress(Unavailable):
            if not self._server.command("SREM", sources, keys_of(queue).record):
                return
            if self._server.command("EXISTS", outbox_keys_of(queue).notices):
                self.note_soon(queue)
                self.write()

    def _search_in_turn(self) -> None:
        is_turn = turns.takes(self._server, OUTBOXES_TURN, SEARCHED_EVERY)
        if is_turn or not self._has_searched:
            self._search()
            self._has_searched = True

    def _search(self) -> None:
        for found in self._server.scan(OUTBOXES):
            self._note({queue_of(key) for key in found})

    def _note(self, queues: Iterable[QueueKey]) -> None:
        for number, some in agenda.by_agenda(queues).items():
            for batch in agenda.batches(some):
                records = tuple(keys_of(queue).record for queue in batch)
                self._server.call(scripts.NOTE_SOURCES, source_keys_of(number), records)
