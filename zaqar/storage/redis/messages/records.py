"""The record of each queue, and what happens to all that is in the queue at once: one step each."""

from zaqar.clock import Clock
from zaqar.models import QueueKey, Stats
from zaqar.storage import contract
from zaqar.storage.ids import position_at
from zaqar.storage.redis.keys import keys_of, outbox_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.statistics import statistics_of
from zaqar.storage.redis.server.server import Server


class QueueRecords(contract.Records):
    """The records on one server, on the primary that Sentinels name, or on a Cluster."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda

    def create(self, queue: QueueKey) -> None:
        """Make the record of the queue: positions start at the time, so that old markers stay valid."""
        self._server.call(scripts.CREATE_RECORD, outbox_keys_of(queue), (position_at(self._clock.microseconds()),))

    def delete(self, queue: QueueKey) -> None:
        """Remove every key of the queue in one step; the server frees the memory in the background."""
        microseconds = self._clock.microseconds()
        if self._server.call(scripts.DELETE_RECORD, keys_of(queue), (microseconds,)):
            self._agenda.note_soon(queue, microseconds // 1_000_000)  # the sweep then forgets it

    def purge(self, queue: QueueKey) -> None:
        """Remove every key of the queue but its record, in one step likewise."""
        self._server.call(scripts.PURGE, keys_of(queue), (self._clock.now(),))

    def stats(self, queue: QueueKey) -> Stats:
        """Count the sets of the queue."""
        return statistics_of(self._server, queue, now=self._clock.now())
