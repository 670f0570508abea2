"""How messages get from a queue to another one, which lies on another slot of a Cluster.

They leave their queue in one step, into its key ``leaving``, and are posted to the other queue in the next, or left in its
outbox for a subscription, with a token made of the first one's id: whoever repeats the second step, after a crash or at the
same time, does nothing twice. Where the other queue or the subscription is gone by then, messages of a redrive go back.
"""

from zaqar.clock import Clock
from zaqar.models import QueueKey
from zaqar.storage import subscription_documents as documents
from zaqar.storage.redis.keys import keys_of, posting_keys_of, redelivery_keys_of
from zaqar.storage.redis.messages import scripts
from zaqar.storage.redis.messages.agenda import Agenda
from zaqar.storage.redis.messages.departures import Departure, departure_of
from zaqar.storage.redis.messages.notices import KEPT
from zaqar.storage.redis.messages.scripts import SILENT
from zaqar.storage.redis.messages.sources import Sources
from zaqar.storage.redis.server.server import Argument, Server

BATCH = 100
"""Entries of ``leaving`` that are read at a time."""

MEMORY = 3600
"""Seconds for which the tokens of these posts are remembered: a later sweep may have to repeat one."""

RESCUE = 30
"""Seconds after which the sweep looks for messages on their way, in case this process ends before they arrive."""

_STRUCK = b"-"
"""What is remembered of a token in place of a position, when what would have been posted with it went back."""

_GONE, _FIRST_NOTICE = 0, 2


class Leaving:
    """Takes messages on to where they belong that have left their queue."""

    def __init__(self, server: Server, clock: Clock, agenda: Agenda, sources: Sources) -> None:
        self._server = server
        self._clock = clock
        self._agenda = agenda
        self._sources = sources

    def forward(self, queue: QueueKey) -> None:
        """Take on all that has left the queue and did not arrive yet. Raises ``Unavailable``."""
        cursor: Argument = 0
        while True:
            arguments = (keys_of(queue).leaving, cursor, "MATCH", "[<>]*", "COUNT", BATCH)
            cursor, found = self._server.command("HSCAN", *arguments)
            for field, figures in sorted(zip(found[::2], found[1::2], strict=True)):
                self.take_on(queue, field, figures)
            if int(cursor) == 0:
                return

    def take_on(self, queue: QueueKey, field: bytes, figures: bytes) -> None:
        """Take on what left the queue together, as it stands in ``leaving``. Raises ``Unavailable``."""
        leaving = keys_of(queue).leaving
        left = departure_of(queue, field, figures)
        ids = [letter.id for letter in left.letters]
        envelopes = self._server.command("HMGET", leaving, *ids)
        if None in envelopes:
            return  # somebody else has taken them on
        if self._arrives(left, envelopes):
            self._server.command("HDEL", leaving, field, *ids)
        else:
            self._server.call(scripts.PUT_BACK, keys_of(queue), (field,))
            self._agenda.note_soon(queue, self._clock.now())

    def _arrives(self, left: Departure, envelopes: list[bytes]) -> bool:
        """Post or address; return whether they are where they belong, and not to be put back."""
        microseconds = self._clock.microseconds()
        now = microseconds // 1_000_000
        messages: list[Argument] = left.moved(envelopes, now=now)
        if left.subscription_id is not None:
            return self._redeliver(left, left.subscription_id, microseconds, messages)
        first_due = now + min(letter.ttl for letter in left.letters)
        head = (left.token, MEMORY, microseconds, first_due)
        answer = self._server.call(scripts.POST, posting_keys_of(left.target, left.token), (*head, *messages, SILENT))
        if isinstance(answer, list):
            self._agenda.note_soon(left.target, first_due)
        if answer is None:
            return left.redrive_id is None or not self._strike(left)
        return bool(answer != _STRUCK)

    def _redeliver(self, left: Departure, subscription_id: str, microseconds: int, messages: list[Argument]) -> bool:
        word = documents.audience_word("redelivery", subscription_id)
        answer = self._server.call(
            scripts.REDELIVER,
            redelivery_keys_of(left.target, left.token),
            (left.token, MEMORY, microseconds, subscription_id, *messages, word),
        )
        if answer == _FIRST_NOTICE:
            self._sources.note_soon(left.target)
        if answer != _GONE:
            longest = max(letter.ttl for letter in left.letters)
            self._agenda.note_soon(left.target, microseconds // 1_000_000 + longest + KEPT)
        return bool(answer != _GONE)

    def _strike(self, left: Departure) -> bool:
        """Let nobody post with the token any more who comes too late; return False where somebody has done so."""
        posted = posting_keys_of(left.target, left.token).posted
        if self._server.command("SET", posted, _STRUCK, "NX", "EX", MEMORY) is not None:
            return True
        return bool(self._server.command("GET", posted) == _STRUCK)
