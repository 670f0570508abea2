"""How messages that were claimed too often move to the dead-letter queue, which lies on another slot of a Cluster.

They leave their queue in one step, into its key ``leaving``, and are posted to the other queue in the next, with a token
made of the first one's id: whoever repeats the second step, after a crash or at the same time, posts nothing twice.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from zaqar.clock import Clock
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import DeadLetterRule, Message, QueueKey
from zaqar.storage import tokens
from zaqar.storage.redis.keys import keys_of, posting_keys_of, queue_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.due import settled
from zaqar.storage.redis.messages.encoding import decoded, moved
from zaqar.storage.redis.server.server import Argument, Server

BATCH = 100
"""Entries of ``leaving`` that the sweep reads at a time."""

MEMORY = 3600
"""Seconds for which the tokens of these posts are remembered: a later sweep may have to repeat one."""

PATIENCE = 1.0
"""Seconds after which a claim answers, and leaves the dead letters that have not moved yet to the sweep."""

RESCUE = 30
"""Seconds after which the sweep looks for dead letters on their way, in case this process ends before they arrive."""


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
        self, server: Server, clock: Clock, agenda: Agenda, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._seconds = seconds

    def claim_past(self, queue: QueueKey, rule: DeadLetterRule, taking: Taking) -> list[Message]:
        """Claim the messages between and behind dead letters and let these move, step by step until ``PATIENCE`` is over.

        Raises ``QueueNotFound`` when the dead-letter queue does not exist, and ``Unavailable``.
        """
        target = keys_of(rule.queue).record
        if not self._server.command("EXISTS", target):
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
        if not self._server.command("EXISTS", target):
            self._server.command("HDEL", keys_of(queue).record, "rule")
            return
        nothing = Taking("-", 0, 0, 0, limit=0)
        is_over = False
        while not is_over:
            _, is_over = self._step(queue, nothing, 0, (most, ttl, target))

    def forward(self, queue: QueueKey) -> None:
        """Post what has left the queue, and did not arrive yet, to where each belongs. Raises ``Unavailable``."""
        leaving = keys_of(queue).leaving
        cursor: Argument = 0
        while True:
            cursor, found = self._server.command("HSCAN", leaving, cursor, "MATCH", ">*", "COUNT", BATCH)
            for batch, figures in sorted(zip(found[::2], found[1::2], strict=True)):
                self._forward(leaving, batch, figures)
            if int(cursor) == 0:
                return

    def _step(
        self, queue: QueueKey, taking: Taking, before: int, rule: tuple[Argument, ...]
    ) -> tuple[list[Message], bool]:
        """Claim and move once; return what was claimed, and whether the next step would find nothing.

        ``before``: how many messages the steps before this one took.
        """
        now = self._clock.now()
        claim_id, ttl, grace, ends, limit = taking
        arguments = (now, claim_id, ttl, grace, ends, limit, before, *rule)
        *found, to_note, batch, figures, is_over = settled(self._server, scripts.CLAIM_PAST, queue, arguments)
        if to_note:
            self._agenda.note_soon(queue, int(to_note))
        if batch:
            try:
                self._forward(keys_of(queue).leaving, batch, figures)
            except Unavailable:  # the target's node is full or away; they wait for a sweep, and the claim goes on
                self._agenda.note_soon(queue, now)
        return decoded((found[0], found[1], found[2]), now), bool(is_over)

    def _forward(self, leaving: bytes, batch: bytes, figures: bytes) -> None:
        """Post what left together; ``figures``: the record's key of the target, then the id and the ttl of each."""
        target, *letters = figures.split(b" ")
        ids = letters[::2]
        envelopes = self._server.command("HMGET", leaving, *ids)
        if None not in envelopes:  # else somebody else has posted them
            self._post(queue_of(target), batch, list(zip(envelopes, letters[1::2], strict=True)))
            self._server.command("HDEL", leaving, batch, *ids)

    def _post(self, target: QueueKey, batch: bytes, letters: list[tuple[bytes, bytes]]) -> None:
        """Post to the target; where that was deleted meanwhile they are gone, as all that was in it."""
        microseconds = self._clock.microseconds()
        now = microseconds // 1_000_000
        arguments: list[Argument] = []
        for envelope, ttl in letters:
            arguments += moved(envelope, ttl=int(ttl), now=now)
        token = tokens.derived(batch)
        first_due = now + min(int(ttl) for _, ttl in letters)
        answer = self._server.call(
            scripts.POST, posting_keys_of(target, token), (token, MEMORY, microseconds, first_due, *arguments, "silent")
        )
        if isinstance(answer, list):
            self._agenda.note_soon(target, first_due)
