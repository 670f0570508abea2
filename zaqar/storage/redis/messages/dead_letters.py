"""What becomes of messages that were claimed too often: they leave for the dead-letter queue, or are thrown away."""

import time
from collections.abc import Callable
from typing import NamedTuple

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import DeadLetterRule, Message, QueueKey
from zaqar.storage.redis.keys import keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.messages.encoding import decoded
from zaqar.storage.redis.messages.leaving import RESCUE, Leaving
from zaqar.storage.redis.server.server import Argument, Server

PATIENCE = 1.0
"""Seconds after which a claim answers, and leaves the dead letters that have not moved yet to the sweep."""

_AWAY = b"-"
"""Stands for the record of the dead-letter queue where there is none."""


class Taking(NamedTuple):
    """A claim that is being made; ``ends`` is a second, ``ttl`` and ``grace`` are seconds."""

    claim_id: str
    ttl: int
    grace: int
    ends: int
    limit: int


class DeadLetters:
    """Moves messages that were claimed too often. ``seconds`` tells the time that patience is measured by."""

    def __init__(
        self,
        server: Server,
        clock: Clock,
        agenda: Agenda,
        leaving: Leaving,
        *,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._leaving = leaving
        self._seconds = seconds

    def claim_past(self, queue: QueueKey, rule: DeadLetterRule, taking: Taking) -> list[Message]:
        """Claim the messages between and behind dead letters and let these move, step by step until ``PATIENCE`` is over.

        Raises ``QueueNotFound`` when the dead-letter queue does not exist, and ``Unavailable``.
        """
        target = _AWAY if rule.queue is None else keys_of(rule.queue).record
        if rule.queue is not None and not self._server.command("EXISTS", target):
            raise QueueNotFound(rule.queue)
        self._agenda.note_now(queue, self._clock.now() + RESCUE)
        words = (rule.max_claim_count, "-" if rule.ttl is None else rule.ttl, target)
        given_up = self._seconds() + PATIENCE
        taken: list[Message] = []
        while True:
            found, is_over = self._step(queue, taking._replace(limit=taking.limit - len(taken)), len(taken), words)
            taken += found
            if is_over or self._seconds() >= given_up:
                return taken

    def move_rest(self, queue: QueueKey, rule: bytes) -> None:
        """Move the dead letters that a claim has left behind, by the rule in the queue's record. Raises ``Unavailable``."""
        most, ttl, target = rule.split(b" ")
        if target != _AWAY and not self._server.command("EXISTS", target):
            self._server.command("HDEL", keys_of(queue).record, "rule")
            return
        nothing = Taking("-", 0, 0, 0, limit=0)
        is_over = False
        while not is_over:
            _, is_over = self._step(queue, nothing, 0, (most, ttl, target))

    def _step(
        self, queue: QueueKey, taking: Taking, before: int, rule: tuple[Argument, ...]
    ) -> tuple[list[Message], bool]:
        """Claim and move once; return what was claimed, and whether the next step would find nothing.

        ``before``: how many messages the steps before this one took.
        """
        now = self._clock.now()
        claim_id, ttl, grace, ends, limit = taking
        arguments = (now, claim_id, ttl, grace, ends, limit, before, *rule)
        *found, to_note, left, figures, is_over = settled(self._server, scripts.CLAIM_PAST, queue, arguments)
        if to_note:
            self._agenda.note_soon(queue, int(to_note))
        if left:
            try:
                self._leaving.take_on(queue, left, figures)
            except Unavailable:  # the target's node is full or away; they wait for a sweep, and the claim goes on
                self._agenda.note_soon(queue, now)
        return decoded((found[0], found[1], found[2]), now), bool(is_over)
