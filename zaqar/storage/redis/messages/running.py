"""Which queues may have a running redrive.

That lies on other slots of a Cluster than the queues, so no script can write both. It is noted before a redrive begins, so that
a crash leaves none that is not noted, and again after it has begun, as one that ended may have been struck in between.
"""

import contextlib
from collections.abc import Iterable

from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.redis.keys import agenda_of, keys_of, queue_of, source_keys_of
from zaqar.storage.redis.messages import agenda
from zaqar.storage.redis.server.server import Server


class Running:
    """Queues that may have a running redrive, safe between threads."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def note(self, queue: QueueKey) -> None:
        """Note that a redrive of the queue is running, or is about to be. Raises ``Unavailable``."""
        self._server.command("SADD", _index_of(queue), keys_of(queue).record)

    def forget(self, queue: QueueKey) -> None:
        """Strike a queue whose redrive has ended; where the index does not answer, it stays there."""
        with contextlib.suppress(Unavailable):
            self._server.command("SREM", _index_of(queue), keys_of(queue).record)

    def find(self) -> Iterable[QueueKey]:
        """Return those that are noted where the servers answer. Raises ``Unavailable`` where that is none."""
        found: list[bytes] = []
        missing: Unavailable | None = None
        for number in agenda.numbers():
            try:
                found += sorted(self._server.command("SMEMBERS", source_keys_of(number).redriven))
            except Unavailable as error:
                missing = error
        if missing is not None and not found:
            raise missing
        return [queue_of(record) for record in found]


def _index_of(queue: QueueKey) -> bytes:
    return source_keys_of(agenda_of(queue)).redriven
