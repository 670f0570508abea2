"""Which queues have something in their outboxes.

That lies on other slots of a Cluster than the queues, so no script can write both. A process notes what its posts found out,
and writes the notes every two seconds: no post waits for one. What a crash kept from being noted is found by whoever
looks at every key: each process when it first asks, then one of all processes every minute.
"""

import collections

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
from zaqar.storage.redis.messages import agenda, turns
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
            for queue in tuple(queues):
                self._note(queue)
                queues.remove(queue)
        finally:
            self._notes.extend(queues)

    def find(self) -> list[QueueKey]:
        """Return the queues. Raises ``Unavailable``."""
        self.write()
        if not self._has_searched or turns.takes(self._server, OUTBOXES_TURN, SEARCHED_EVERY):
            self._search()
            self._has_searched = True
        return [
            queue_of(record)
            for number in agenda.numbers()
            for record in sorted(self._server.command("SMEMBERS", source_keys_of(number).sources))
        ]

    def forget(self, queue: QueueKey) -> None:
        """Strike a queue whose log was found empty. Raises ``Unavailable``.

        A post that came since left something in the log before it noted that. So whoever strikes first, and looks at the log
        then, loses no note.
        """
        sources = source_keys_of(agenda_of(queue)).sources
        was_there = self._server.command("SREM", sources, keys_of(queue).record)
        if was_there and self._server.command("EXISTS", outbox_keys_of(queue).notices):
            self._note(queue)

    def _search(self) -> None:
        for found in self._server.scan(OUTBOXES):
            for key in found:
                self._note(queue_of(key))

    def _note(self, queue: QueueKey) -> None:
        self._server.command("SADD", source_keys_of(agenda_of(queue)).sources, keys_of(queue).record)
