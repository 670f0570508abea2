"""What left a queue together, as ``leaving`` tells of it (``key_lists.py``)."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from zaqar.models import Origin, QueueKey
from zaqar.storage import origins, tokens
from zaqar.storage.redis.keys import queue_of
from zaqar.storage.redis.messages.encoding import moved, origin_of
from zaqar.storage.redis.server.server import Argument

_OF_EARLIER_RELEASES = b">"
_NONE = b"-"


class Letter(NamedTuple):
    """A message on its way; an earlier release tells nothing of what it was here."""

    id: bytes
    ttl: int
    """There."""
    claim_count: int = 0
    ttl_here: int = 0


class Departure(NamedTuple):
    """Messages that left ``queue`` together for one place, as dead letters of claims or by a redrive."""

    queue: QueueKey
    token: str
    """Of the post by which they arrive: it follows from what left, and for what."""
    target: QueueKey
    letters: Sequence[Letter]
    subscription_id: str | None = None
    redrive_id: str | None = None
    second: int | None = None
    """When they left; None where an earlier release wrote of it, which knew no origins."""

    def moved(self, envelopes: Iterable[bytes], *, now: int) -> list[Argument]:
        """Return the messages as they arrive, as the posting script takes them."""
        arguments: list[Argument] = []
        for letter, envelope in zip(self.letters, envelopes, strict=True):
            origin = self._origin(letter, origin_of(envelope))
            arguments += moved(envelope, ttl=letter.ttl, now=now, origin=origin)
        return arguments

    def _origin(self, letter: Letter, before: Origin | None) -> Origin | None:
        if self.redrive_id is not None:
            return origins.redriven(before)
        if self.second is None:
            return before
        return origins.claimed_too_often(
            before,
            self.queue,
            message_id=letter.id.decode(),
            count=letter.claim_count,
            ttl=letter.ttl_here,
            now=self.second,
        )


def departure_of(queue: QueueKey, field: bytes, figures: bytes) -> Departure:
    """Return what an entry of a queue's ``leaving`` tells of."""
    token = tokens.derived(field)
    if field.startswith(_OF_EARLIER_RELEASES):
        record, *words = figures.split(b" ")
        return Departure(queue, token, queue_of(record), [Letter(id_, int(ttl)) for id_, ttl in _groups(words, 2)])
    record, addressee, redrive, second, *words = figures.split(b" ")
    letters = [Letter(id_, int(ttl), int(count), int(here)) for id_, ttl, count, here, _ in _groups(words, 5)]
    return Departure(queue, token, queue_of(record), letters, _text(addressee), _text(redrive), int(second))


def _groups(words: Sequence[bytes], size: int) -> Iterable[tuple[bytes, ...]]:
    return itertools.zip_longest(*[iter(words)] * size, fillvalue=b"")


def _text(word: bytes) -> str | None:
    return None if word == _NONE else word.decode()
