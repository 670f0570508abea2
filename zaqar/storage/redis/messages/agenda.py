"""The agenda: in which queues something falls due, and when; so that the sweep need not look at all of them.

It lies on other slots of a Cluster than the queues, so no script can write both. A process therefore collects its notes, and
its sweeper writes them every two seconds: no request waits for one. A note that a crash loses is made again by the first
post or claim after its second; else the queue is found by the sweep that looks at every key.
"""

import collections
from collections.abc import Iterable, Sequence

from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.redis.keys import AGENDAS, agenda_keys_of, agenda_of, keys_of, queue_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.server.server import Argument, Server

BATCH = 100
"""Queues that are written or taken at a time."""

MOST_NOTES = 100_000
"""Notes that a process keeps while the server is away; beyond them the oldest are left to the sweep of every key."""

VISIT = 300
"""Seconds after which the queues that a sweep took, and did not finish, are taken by another one."""


class Agenda:
    """What the sweep has to look after, safe between threads."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._notes: collections.deque[tuple[QueueKey, int]] = collections.deque(maxlen=MOST_NOTES)

    def note_soon(self, queue: QueueKey, second: int) -> None:
        """Note with the next ``write`` that something falls due in the queue at this second."""
        self._notes.append((queue, second))

    def write(self) -> None:
        """Write the notes. Raises ``Unavailable`` after all that could be written; the others stay for the next time."""
        earliest: dict[QueueKey, int] = {}
        while self._notes:
            queue, second = self._notes.popleft()
            earliest[queue] = min(second, earliest.get(queue, second))
        failed: Unavailable | None = None
        for number, queues in by_agenda(earliest).items():
            for batch in batches(queues):
                try:
                    self._write(number, [(queue, earliest[queue]) for queue in batch])
                except Unavailable as error:
                    failed = error
                    self._notes.extend((queue, earliest[queue]) for queue in batch)
        if failed is not None:
            raise failed

    def note_now(self, queue: QueueKey, second: int) -> None:
        """Note at once that something falls due in the queue at this second. Raises ``Unavailable``."""
        self._write(agenda_of(queue), [(queue, second)])

    def take(self, number: int, now: int) -> list[QueueKey]:
        """Take queues out of one of the ``AGENDAS``, at most a batch, in which something has fallen due by ``now``.

        They are the caller's for ``VISIT`` seconds. Raises ``Unavailable``.
        """
        found = self._server.call(scripts.TAKE, agenda_keys_of(number), (now, now + VISIT, BATCH))
        return [queue_of(record) for record in found]

    def finish(self, number: int, seconds: Iterable[tuple[QueueKey, int | None]]) -> None:
        """Put queues back that were taken, each with the second at which something falls due next, if it does.

        Raises ``Unavailable``.
        """
        self._write(number, seconds, is_visited=True)

    def lacking(self, queues: Iterable[QueueKey]) -> list[QueueKey]:
        """Return those of the queues that no agenda has. Raises ``Unavailable``."""
        missing = []
        for number, some in by_agenda(queues).items():
            for batch in batches(some):
                records = [keys_of(queue).record for queue in batch]
                seconds = [self._server.command("ZMSCORE", key, *records) for key in agenda_keys_of(number)]
                missing += [queue for queue, *known in zip(batch, *seconds, strict=True) if known == [None, None]]
        return missing

    def _write(self, number: int, seconds: Iterable[tuple[QueueKey, int | None]], *, is_visited: bool = False) -> None:
        arguments: list[Argument] = ["1" if is_visited else "0"]
        for queue, second in seconds:
            arguments += (keys_of(queue).record, "" if second is None else second)
        self._server.call(scripts.NOTE, agenda_keys_of(number), tuple(arguments))


def numbers() -> range:
    """Return the numbers of all agendas."""
    return range(AGENDAS)


def by_agenda(queues: Iterable[QueueKey]) -> dict[int, list[QueueKey]]:
    """Return the queues by the numbers of their agendas."""
    found: dict[int, list[QueueKey]] = {}
    for queue in queues:
        found.setdefault(agenda_of(queue), []).append(queue)
    return found


def batches(queues: Sequence[QueueKey]) -> Iterable[Sequence[QueueKey]]:
    """Yield the queues, so many at a time as are written together."""
    return (queues[first : first + BATCH] for first in range(0, len(queues), BATCH))
