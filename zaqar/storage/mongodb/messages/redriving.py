"""A step of a redrive: it looks at some dead letters, and moves those that the terms choose.

What is about to move is counted first (see ``redrive_record``); then it leaves, a move for each target (see ``moves``), and
goes on from there. The position from which the next step looks is saved last: what a crash left in its place is looked at
again. What a crash left on its way is finished, after a time, by the next operation on the queue or by the sweep.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from zaqar.errors import QueueNotFound, SubscriptionNotFound
from zaqar.models import Origin, QueueKey, Redrive
from zaqar.storage import origins
from zaqar.storage.mongodb.messages import candidates, moves, redrive_record, subscribing
from zaqar.storage.mongodb.messages.moves import Move
from zaqar.storage.mongodb.messages.record import Record
from zaqar.storage.mongodb.messages.redrive_record import Step
from zaqar.storage.mongodb.messages.scope import queue_of, scope_of, subscription_key
from zaqar.storage.mongodb.messages.session import Session
from zaqar.storage.mongodb.server.connection import Document

MOST = 200
"""Messages that one step looks at, at most."""

MOST_NOTICED = 1 << 20
"""Bytes of bodies in one notice, unless it is of a single message: MongoDB's documents have an end."""


@dataclasses.dataclass(frozen=True)
class _Choice:
    """What a step is to move, and what it looked at."""

    chosen: Sequence[tuple[Document, Origin | None]]
    skipped: int
    after: int
    is_all: bool
    """Whether nothing is left to look at behind it."""


def step(session: Session, queue: QueueKey, *, holder: str, seconds: float, limit: int) -> Redrive | None:
    """Take one step. Raises ``QueueNotFound`` where something has nowhere to go; then nothing moves."""
    scope = scope_of(queue)
    record = redrive_record.lease(session, queue, holder=holder, seconds=seconds)
    seen = redrive_record.redrive(record)
    if record is None or seen is None:
        return None
    choice = _choose(session, queue, record, seen, limit=min(limit, MOST))
    leaving = [] if seen.terms.is_dry_run else _moves(session, queue, seen, choice)
    _check(session, leaving)
    number, name = sum(len(each.keys) for each in leaving), moves.new_id(session)
    if number and not redrive_record.count(session, scope, seen, name, number, holder=holder):
        return _same(redrive_record.get(session, queue), seen)  # it was ended, taken over, or others moved the last
    moved = _move(session, scope, leaving, {each["_id"]: each for each, _ in choice.chosen})
    done = Step(
        name,
        counted=number,
        moved=len(choice.chosen) if seen.terms.is_dry_run else moved.count,
        skipped=0 if moved.failure else choice.skipped + moved.left,
        after=seen.after if moved.failure else choice.after,
    )
    settled = redrive_record.settle(session, scope, seen, done, holder=holder, seconds=seconds)
    if moved.failure:
        raise moved.failure
    return _same(_ended(session, settled, seen, choice), seen)


def _choose(session: Session, queue: QueueKey, record: Record, seen: Redrive, *, limit: int) -> _Choice:
    """Look at messages behind the position up to which the redrive has looked, up to its own limit."""
    view = candidates.ready_behind(session, record, after=seen.after, limit=limit + 1)
    found = [each for each in view.found if int(each["position"]) < seen.until]
    looked = [(each, origins.decode_origin(each.get("origin"))) for each in found[:limit]]
    alive = _alive(session, queue, seen, [origin for _, origin in looked])
    room = limit if seen.terms.limit is None else max(seen.terms.limit - seen.moved, 0)
    chosen, skipped, after = list[tuple[Document, Origin | None]](), 0, seen.after
    for document, origin in looked:
        if len(chosen) == room:
            return _Choice(chosen, skipped, after, is_all=False)
        after = int(document["position"])
        addressee = origins.addressee(origin, seen.terms)
        if origins.is_chosen(origin, seen.terms) and (addressee is None or _key(queue, seen, origin) in alive):
            chosen.append((document, origin))
        else:
            skipped += 1
    return _Choice(chosen, skipped, after, is_all=len(found) <= limit and view.bound >= seen.until)


def _alive(session: Session, queue: QueueKey, seen: Redrive, found: Iterable[Origin | None]) -> set[str]:
    """Return the keys of the living among the subscriptions that messages are to be left for."""
    keys = defaultdict[str, set[str]](set)
    for origin in found:
        if origins.is_chosen(origin, seen.terms) and origins.addressee(origin, seen.terms) is not None:
            keys[scope_of(origins.target(origin, seen.terms, queue.project))].add(_key(queue, seen, origin))
    return {key for scope, named in keys.items() for key in subscribing.living_among(session, scope, named)}


def _key(queue: QueueKey, seen: Redrive, origin: Origin | None) -> str:
    """Return the key of the subscription that a message is to be left for."""
    scope = scope_of(origins.target(origin, seen.terms, queue.project))
    return subscription_key(scope, str(origins.addressee(origin, seen.terms)))


def _moves(session: Session, queue: QueueKey, seen: Redrive, choice: _Choice) -> list[Move]:
    """Return a move for each target, and for each notice, of what was chosen."""
    groups = defaultdict[tuple[str, str | None], list[Document]](list)
    for document, origin in choice.chosen:
        target = scope_of(origins.target(origin, seen.terms, queue.project))
        groups[target, origins.addressee(origin, seen.terms)].append(document)
    return [
        Move(moves.new_id(session), [each["_id"] for each in part], target, "redriven", subscription_id=addressee)
        for (target, addressee), documents in groups.items()
        for part in ([documents] if addressee is None else _parts(documents))
    ]


def _parts(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Return messages in parts of which the bodies are not too large together."""
    part, size = list[Document](), 0
    for each in documents:
        size += len(each["body"])
        if part and size > MOST_NOTICED:
            yield part
            part, size = [], len(each["body"])
        part.append(each)
    yield part


def _check(session: Session, leaving: Sequence[Move]) -> None:
    """Raise ``QueueNotFound`` where a queue that something moves to has no record."""
    wanted = dict.fromkeys(each.queue for each in leaving)
    there = session.records.floors(wanted) if wanted else {}
    for scope in wanted:
        if scope not in there:
            raise QueueNotFound(queue_of(scope))


@dataclasses.dataclass
class _Moved:
    """How many messages moved and how many stayed, as their subscription is gone; why others were taken back."""

    count: int = 0
    left: int = 0
    failure: QueueNotFound | None = None


def _move(session: Session, scope: str, leaving: Sequence[Move], documents: dict[str, Document]) -> _Moved:
    """Let messages leave, and put each where it belongs. What has nowhere to go, since a moment ago, is taken back."""
    moved = _Moved()
    if not leaving:
        return moved
    number = moves.leave(session, scope, leaving)
    if number == sum(len(each.keys) for each in leaving):
        target_of = {each.id: each.target(session.clock.now()) for each in leaving}
        found = {each.id: [documents[key] | {"target": target_of[each.id]} for key in each.keys] for each in leaving}
    else:  # others were faster with some, or it is not known
        found = moves.left(session, scope, leaving)
    moved.count = sum(map(len, found.values())) if number is None else number
    for move_id, each in found.items():
        try:
            moves.forward(session, scope, move_id, each)
        except (QueueNotFound, SubscriptionNotFound) as error:
            moves.take_back(session, scope, move_id)
            moved.count -= len(each)
            if isinstance(error, QueueNotFound):
                moved.failure = error
            else:
                moved.left += len(each)
    return moved


def _ended(session: Session, record: Record | None, seen: Redrive, choice: _Choice) -> Redrive | None:
    """Return the redrive as a record has it; end it first where nothing is left to look at, or its limit is reached."""
    found = redrive_record.redrive(record)
    if record is None or found is None or found.id != seen.id or found.state != "running":
        return found
    most = found.terms.limit
    is_full = most is not None and found.moved >= most and not redrive_record.under_way(record)
    if not is_full and not (choice.is_all and found.after == choice.after):
        return found
    return redrive_record.redrive(
        redrive_record.end(session, record.scope, seen.id, "done") or session.records.find(record.scope)
    )


def _same(found: Redrive | None, seen: Redrive) -> Redrive | None:
    """Return what was found, where it is the redrive that was seen."""
    return found if found is not None and found.id == seen.id else None
