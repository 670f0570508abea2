"""A step of a redrive: some of the messages behind its cursor go back to where they came from, in one transaction.

Index: ``messages_ready``.
"""

import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from zaqar.models import NewMessage, Origin, QueueKey, Redrive
from zaqar.storage import origins
from zaqar.storage.ids import named, new_token
from zaqar.storage.sql.messages import lookup, moving, redrive_rows, removal, subscribing
from zaqar.storage.sql.messages.conditions import IN_QUEUE, LIVES
from zaqar.storage.sql.messages.encoding import encode_notice
from zaqar.storage.sql.schema import MESSAGES, READY, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.session import Transaction
from zaqar.storage.sql.statement import Statement, constant, limited

MOST = 200
"""Messages that a step looks at."""

MOST_BYTES = 2**20
"""Bytes of bodies after which a step looks no further: others wait for it."""

_LOOK = Statement(
    limited(
        sa.select(MESSAGES.c.position, MESSAGES.c.ttl, MESSAGES.c.body, MESSAGES.c.origin)
        .where(
            IN_QUEUE,
            MESSAGES.c.state == constant(READY),
            MESSAGES.c.position > sa.bindparam("after"),
            MESSAGES.c.position < sa.bindparam("until"),
            LIVES,
        )
        .order_by(MESSAGES.c.position)
    )
)
_SUBSCRIBED = Statement(sa.select(SUBSCRIPTIONS.c.source).where(*subscribing.IS_NAMED))


class Terms(NamedTuple):
    """Of which queue, who takes the step, for how many seconds the redrive is theirs, at how many messages it looks at most."""

    queue: QueueKey
    holder: str
    seconds: float
    limit: int


class Seen(NamedTuple):
    """A message that a step looks at."""

    position: int
    ttl: int
    body: bytes
    origin: Origin | None


class Addressed(NamedTuple):
    """A message that is left for one subscription in the outbox of a source."""

    message: Seen
    source: int
    subscription_id: str


class Plan:
    """What a step is to do: the messages to post by the queue they go to, and those to leave for a subscription."""

    def __init__(self) -> None:
        self.posted: dict[QueueKey, list[Seen]] = defaultdict(list)
        self.addressed: dict[QueueKey, list[Addressed]] = defaultdict(list)
        self.count = 0
        self.skipped = 0
        self.after = 0


def step(transaction: Transaction, record: int, terms: Terms) -> Redrive | None:
    """Take one, unless nothing is running or somebody else is at it. Raises ``QueueNotFound``, as the contract has it."""
    found = redrive_rows.find(transaction, record)
    now_ms = transaction.milliseconds()
    if found is None or found[0].state != "running":
        return None
    redrive, lease = found
    if lease.holder != terms.holder and lease.ends_ms > now_ms:
        return None
    seen, is_all = _look(transaction, record, redrive, min(terms.limit, MOST))
    plan = _plan(transaction, terms.queue.project, redrive, seen)
    if not redrive.terms.is_dry_run:
        _carry_out(transaction, record, plan)
    moved = redrive.moved + plan.count
    redrive = msgspec.structs.replace(
        redrive, moved=moved, skipped=redrive.skipped + plan.skipped, after=max(redrive.after, plan.after)
    )
    if is_all or moved == redrive.terms.limit:
        redrive = msgspec.structs.replace(redrive, state="done", ended=transaction.now)
    lease = redrive_rows.Lease(terms.holder, now_ms + int(terms.seconds * 1000))
    redrive_rows.change(transaction, record, redrive, lease if redrive.state == "running" else redrive_rows.FREE)
    return redrive


def _look(transaction: Transaction, record: int, redrive: Redrive, limit: int) -> tuple[list[Seen], bool]:
    """Return the next messages, and whether there are no more: of that one more than the limit tells."""
    asked = {"queue": record, "after": redrive.after, "until": redrive.until, "now": transaction.now}
    seen: list[Seen] = []
    size = 0
    with contextlib.closing(transaction.each(_LOOK, {**asked, "limit": limit + 1})) as rows:
        for position, ttl, body, origin in rows:
            size += len(body)
            if len(seen) == limit or (seen and size > MOST_BYTES):
                return seen, False
            seen.append(Seen(position, ttl, body, origins.decode_origin(origin)))
    return seen, True


def _plan(transaction: Transaction, project: str, redrive: Redrive, seen: Sequence[Seen]) -> Plan:
    """Return what is to be done with the messages, up to the redrive's own limit."""
    plan, terms = Plan(), redrive.terms
    sources: dict[tuple[QueueKey, str], int | None] = {}
    for message in seen:
        if redrive.moved + plan.count == terms.limit:
            break
        plan.after = message.position
        if not origins.is_chosen(message.origin, terms):
            plan.skipped += 1
            continue
        queue = origins.target(message.origin, terms, project)
        subscription_id = origins.addressee(message.origin, terms)
        if subscription_id is None:
            plan.posted[queue].append(message)
        else:
            key = (queue, subscription_id)
            if key not in sources:
                sources[key] = _subscribed(transaction, *key)
            source = sources[key]
            if source is None:
                plan.skipped += 1
                continue
            plan.addressed[queue].append(Addressed(message, source, subscription_id))
        plan.count += 1
    return plan


def _subscribed(transaction: Transaction, queue: QueueKey, subscription_id: str) -> int | None:
    """Return the source of a subscription; None where it has ended."""
    row = transaction.row(_SUBSCRIBED, subscribing.named(transaction, queue, named(subscription_id)))
    return None if row is None else int(row[0])


def _carry_out(transaction: Transaction, record: int, plan: Plan) -> None:
    """Move and leave what is planned. Raises ``QueueNotFound`` before anything is written."""
    targets = {queue: lookup.known(transaction, queue) for queue in (*plan.posted, *plan.addressed)}
    for queue, messages in plan.posted.items():
        moves = [moving.Move(one.position, _ttl(one), origins.redriven(one.origin)) for one in messages]
        moving.move(transaction, moves, source=record, target=targets[queue])
    for addressed in plan.addressed.values():
        _leave(transaction, addressed)
        removal.remove(transaction, record, [(one.message.position, READY) for one in addressed])


def _leave(transaction: Transaction, addressed: Sequence[Addressed]) -> None:
    """Leave a notice of each message for the subscription that it is for."""
    first = transaction.allocate(len(addressed))
    for position, (message, source, subscription_id) in enumerate(addressed, first):
        notice = encode_notice(
            [NewMessage(message.body, _ttl(message), origin=origins.redriven(message.origin))],
            first=position,
            source=source,
            now=transaction.now,
            token=new_token(),
            purpose="redelivery",
            subscription_id=subscription_id,
        )
        transaction.add_notice(notice)


def _ttl(message: Seen) -> int:
    """Return the lifetime that starts with the move."""
    return message.ttl if message.origin is None else message.origin.ttl
