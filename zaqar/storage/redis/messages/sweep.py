"""The sweep: it settles queues that nobody uses, as operations settle the others, and finishes what crashes have left."""

from collections.abc import Sequence

from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.redis.keys import SEARCH_TURN, SWEPT, TURN, is_leaving, keys_of, outbox_keys_of, queue_of
from zaqar.storage.redis.messages import agenda as agendas
from zaqar.storage.redis.messages import scripts, turns
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.dead_letters import DeadLetters
from zaqar.storage.redis.messages.leaving import Leaving
from zaqar.storage.redis.messages.running import Running
from zaqar.storage.redis.messages.sources import Sources
from zaqar.storage.redis.server.server import Argument, Server

INTERVAL = 30
"""Seconds between two sweeps by the processes of all hosts together."""

SEARCHED_EVERY = 1800
"""Seconds between two sweeps that look at every key, for queues that no agenda has.

Less than the posts of dead letters are remembered. With 200,000 queues that takes a second.
"""

MOST_FAILURES = 5
"""Queues whose server does not answer, after which a sweep leaves the others to the next one: each takes its time."""


class Sweep:
    """Settles the queues that the agenda names."""

    def __init__(
        self,
        server: Server,
        clock: Clock,
        agenda: Agenda,
        sources: Sources,
        leaving: Leaving,
        dead_letters: DeadLetters,
        running: Running,
    ) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._sources = sources
        self._leaving = leaving
        self._dead_letters = dead_letters
        self._running = running
        self._is_in_turn = False

    def is_turn(self) -> bool:
        """Write this process's notes, and tell whether nobody swept during the interval. Raises ``Unavailable``.

        Where nobody did, the turn is the caller's: its next sweep goes by the agenda alone, unless it is also time to look
        at every key.
        """
        self._agenda.write()
        self._sources.write()
        self._is_in_turn = turns.takes(self._server, TURN, INTERVAL)
        return self._is_in_turn

    def sweep(self) -> int:
        """Settle every queue in which something has fallen due; return how many messages and claims went.

        Raises ``Unavailable`` for what could not be reached, after all the rest.
        """
        is_usual, self._is_in_turn = self._is_in_turn, False
        missing: list[Unavailable] = []
        try:
            self._agenda.write()
            if not is_usual or turns.takes(self._server, SEARCH_TURN, SEARCHED_EVERY):
                self._search()
        except Unavailable as error:
            missing.append(error)
        gone = 0
        for number in agendas.numbers():
            try:
                gone += self._visit_due(number, missing)
            except Unavailable as error:
                missing.append(error)
        if missing:
            raise missing[0]
        return gone

    def _search(self) -> None:
        """Enter into the agenda what is in none: what a crash left, or was written by a release that had no agenda."""
        for found in self._server.scan(SWEPT):
            waiting = {queue_of(key) for key in found if is_leaving(key)}
            others = {queue_of(key) for key in found} - waiting
            for queue in (*waiting, *self._agenda.lacking(others)):
                self._agenda.note_soon(queue, 0)
            self._agenda.write()

    def _visit_due(self, number: int, missing: list[Unavailable]) -> int:
        """Visit the queues of one agenda in which something has fallen due; return how many messages and claims went."""
        gone = 0
        while len(missing) < MOST_FAILURES and (queues := self._agenda.take(number, self._clock.now())):
            gone += self._visit_all(number, queues, missing)
        return gone

    def _visit_all(self, number: int, queues: Sequence[QueueKey], missing: list[Unavailable]) -> int:
        gone = 0
        later = self._clock.now() + INTERVAL
        seconds: list[tuple[QueueKey, int | None]] = []
        for queue in queues:
            second: int | None = later
            if len(missing) < MOST_FAILURES:
                try:
                    went, second = self._visit(queue)
                    gone += went
                except Unavailable as error:
                    missing.append(error)
            seconds.append((queue, second))
        self._agenda.finish(number, seconds)
        return gone

    def _visit(self, queue: QueueKey) -> tuple[int, int | None]:
        """Settle one queue; return how many messages and claims went, and when something falls due next."""
        gone = 0
        while True:
            is_all, number, *rest = self._server.call(scripts.VISIT, keys_of(queue), (self._clock.now(),))
            gone += number
            if is_all:
                break
        second, rule, is_leaving, may_have_outbox, is_redriven = rest
        if is_redriven:
            self._running.note(queue)  # a server that lost its last writes may have lost the note
        if is_leaving:
            self._leaving.forward(queue)
        if rule:
            self._dead_letters.move_rest(queue, rule)
        seconds = [int(second)] if second else []
        if may_have_outbox:
            seconds += self._visit_outbox(queue)
        return gone, min(seconds, default=None)

    def _visit_outbox(self, queue: QueueKey) -> list[int]:
        """Remove what has ended of a queue's subscriptions and log; return seconds before which nothing more of them ends."""
        seconds: list[int] = []
        after: Argument = 0
        while after != b"":
            after, second = self._server.call(scripts.VISIT_OUTBOX, outbox_keys_of(queue), (self._clock.now(), after))
            seconds += [int(second)] if second else []
        return seconds
