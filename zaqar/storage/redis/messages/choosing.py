"""What a step of a redrive makes of the messages that it looks at: which move where, and which it skips."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from zaqar.models import Origin, QueueKey, Redrive
from zaqar.storage import origins
from zaqar.storage import subscription_documents as documents
from zaqar.storage.ids import parse_id
from zaqar.storage.redis.keys import keys_of
from zaqar.storage.redis.messages.encoding import origin_of
from zaqar.storage.redis.server.server import Argument

Living = Callable[[QueueKey, Sequence[str]], set[str]]
"""Return those of the subscriptions to a queue that are there."""

_OWN, _NOBODY = "-", "-"


class Place(NamedTuple):
    """Where messages move to: a queue, or one subscription to it."""

    queue: QueueKey
    subscription_id: str | None


class Looked(NamedTuple):
    """What a step has looked at: the ids and first lines of envelopes."""

    redrive: Redrive
    is_something_leaving: bool
    is_last: bool
    """Whether nothing is behind these."""
    ids: Sequence[bytes]
    heads: Sequence[bytes]


@dataclasses.dataclass
class Choice:
    """What is to move, and how far a step gets."""

    after: int
    skipped: int = 0
    count: int = 0
    moving: dict[Place, list[Argument]] = dataclasses.field(default_factory=dict)
    """To each place ids, each followed by the ttl that the message has there, or ``-`` for its own."""

    @property
    def targets(self) -> Iterable[QueueKey]:
        """Return the queues that have to have a record."""
        return dict.fromkeys(place.queue for place in self.moving)

    def arguments(self, found: Looked) -> tuple[Argument, ...]:
        """Return what the moving script is given behind the time."""
        redrive = found.redrive
        is_dry_run, limit = redrive.terms.is_dry_run, redrive.terms.limit
        is_last = found.is_last and (not found.ids or self.after == _position(found.ids[-1]))
        told: list[Argument] = []
        for place, letters in () if is_dry_run else self.moving.items():
            told += (keys_of(place.queue).record, place.subscription_id or _NOBODY, len(letters) // 2, *letters)
        counted = self.count if is_dry_run else 0
        return (redrive.id, redrive.after, self.after, self.skipped, counted, limit or "", int(is_last), *told)


def looked(answer: Sequence[Any]) -> Looked:
    """Return what the looking script found."""
    shown, is_something_leaving, is_last, ids, heads = answer
    return Looked(redrive_of(shown), bool(is_something_leaving), bool(is_last), ids, heads)


def redrive_of(shown: Sequence[bytes | None]) -> Redrive:
    """Return a redrive as the scripts show it: its text, then what changes of it."""
    text, until, state, after, moved, skipped, ended = (word or b"" for word in shown)
    return msgspec.structs.replace(
        documents.decode_redrive(text),
        until=int(until),
        state=state.decode(),
        after=int(after),
        moved=int(moved),
        skipped=int(skipped),
        ended=int(ended) if ended else None,
    )


def choose(found: Looked, queue: QueueKey, living: Living) -> Choice:
    """Choose what is to move, in order, until the redrive has as many as it may move."""
    redrive = found.redrive
    terms = redrive.terms
    left = None if terms.limit is None else terms.limit - redrive.moved
    origins_found = [origin_of(head) for head in found.heads]
    chosen = [_place(origin, redrive, queue) for origin in origins_found]
    present = _present({place for place in chosen if place is not None}, living)
    choice = Choice(redrive.after)
    for id_, origin, place in zip(found.ids, origins_found, chosen, strict=True):
        if choice.count == left:
            break
        choice.after = _position(id_)
        if place is None or place not in present:
            choice.skipped += 1
        else:
            choice.count += 1
            choice.moving.setdefault(place, []).extend((id_, _OWN if origin is None else origin.ttl))
    return choice


def _place(origin: Origin | None, redrive: Redrive, queue: QueueKey) -> Place | None:
    """Return where a message is to move; None where it is not chosen."""
    if not origins.is_chosen(origin, redrive.terms):
        return None
    target = origins.target(origin, redrive.terms, queue.project)
    return Place(target, origins.addressee(origin, redrive.terms))


def _present(places: set[Place], living: Living) -> set[Place]:
    """Return the places but for subscriptions that are gone."""
    wanted: dict[QueueKey, list[str]] = {}
    for place in places:
        if place.subscription_id is not None:
            wanted.setdefault(place.queue, []).append(place.subscription_id)
    known = {queue: living(queue, ids) for queue, ids in wanted.items()}
    return {one for one in places if one.subscription_id is None or one.subscription_id in known[one.queue]}


def _position(id_: bytes) -> int:
    return parse_id(id_.decode()).position
