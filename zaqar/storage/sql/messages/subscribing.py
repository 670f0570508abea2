"""Storing subscriptions: a new one with the beginning of its progress, and another state of one there is.

Indexes: the unique one on (source, digest); an id leads to its row without one.
"""

from typing import Any

import sqlalchemy as sa

from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage import refusals
from zaqar.storage.ids import Id, format_id, parse_id
from zaqar.storage.sql.messages import sources, unsubscribing
from zaqar.storage.sql.schema import DELIVERIES, SUBSCRIPTIONS
from zaqar.storage.sql.sqlite.compilation import unindexed
from zaqar.storage.sql.sqlite.session import Session, Transaction
from zaqar.storage.sql.statement import Row, Statement, constant
from zaqar.storage.subscription_documents import (
    changed_content,
    digest,
    new_content,
    subscription,
)

SHOWN = tuple(SUBSCRIPTIONS.c[name] for name in ("position", "token", "version", "content"))
LIVES = unindexed(SUBSCRIPTIONS.c.expires) > sa.bindparam("now")
"""Not having ended."""

IS_NAMED = (
    SUBSCRIPTIONS.c.position == sa.bindparam("at"),
    unindexed(SUBSCRIPTIONS.c.source) == sources.ID,
    SUBSCRIPTIONS.c.token == sa.bindparam("token"),
    LIVES,
)
"""Having the id whose parts are ``at`` and ``token``, and not having ended."""

_STORED = Statement(
    sa.select(SUBSCRIPTIONS.c.source, SUBSCRIPTIONS.c.expires, SUBSCRIPTIONS.c.version, SUBSCRIPTIONS.c.content).where(
        *IS_NAMED
    )
)
_SUBSCRIBED = Statement(
    sa.select(SUBSCRIPTIONS.c.expires, *SHOWN).where(
        SUBSCRIPTIONS.c.source == sa.bindparam("of_source"), SUBSCRIPTIONS.c.digest == sa.bindparam("of_digest")
    )
)
_INSERT = Statement(sa.insert(SUBSCRIPTIONS))
_BEGIN = Statement(
    sa.insert(DELIVERIES).values(
        subscription=sa.bindparam("at"),
        source=sa.bindparam("of_source"),
        high=sa.bindparam("at"),
        low=sa.bindparam("at"),
        wakes_ms=sa.null(),
        is_full=constant(0),
        is_hurried=constant(0),
        lease_ends_ms=constant(0),
        holder=sa.bindparam("nobody"),
        progress=sa.bindparam("nothing"),
    )
)
_REPLACE = Statement(
    sa.update(SUBSCRIPTIONS)
    .where(SUBSCRIPTIONS.c.position == sa.bindparam("at"))
    .values(
        version=SUBSCRIPTIONS.c.version + constant(1),
        expires=sa.bindparam("new_expires"),
        digest=sa.bindparam("new_digest"),
        content=sa.bindparam("new_content"),
    )
)


def named(session: Session, queue: QueueKey, name: Id) -> dict[str, Any]:
    """Return the parameters of ``IS_NAMED``."""
    return {**queue._asdict(), "at": name.position, "token": name.token, "now": session.now}


def create(transaction: Transaction, queue: QueueKey, new: NewSubscription, token: str) -> tuple[Subscription, bool]:
    """Subscribe, unless the subscriber has a subscription. Raises ``QueueNotFound``."""
    source = sources.make(transaction, queue)
    row = _subscribed(transaction, source, new.subscriber)
    if row is not None:
        return decode(row, transaction.now), False
    made = _insert(transaction, source, new, token)
    sources.follow(transaction, source)
    return made, True


def replace(transaction: Transaction, queue: QueueKey, old: Subscription, new: Subscription, *, restarts: bool) -> None:
    """Store another state of a subscription, as the contract has it."""
    name = parse_id(old.id)
    row = transaction.row(_STORED, named(transaction, queue, name))
    if row is None:
        raise refusals.no_subscription()
    source, expires, version, content = row
    if version != old.version:
        raise refusals.subscription_changed()
    other = _subscribed(transaction, source, new.subscriber)
    if other is not None and other[0] != name.position:
        raise refusals.subscriber_taken()
    stored = {
        "at": name.position,
        "new_expires": transaction.now + new.ttl if restarts else expires,
        "new_digest": digest(new.subscriber),
        "new_content": changed_content(content, new),
    }
    transaction.run(_REPLACE, stored)
    sources.follow(transaction, source)


def delete(transaction: Transaction, queue: QueueKey, name: Id) -> None:
    """Remove a subscription, if it is there."""
    row = transaction.row(_STORED, named(transaction, queue, name))
    if row is not None:
        unsubscribing.remove(transaction, [name.position])
        sources.follow(transaction, row[0])


def decode(row: Row, now: int) -> Subscription:
    """Return a row of ``SHOWN`` as a subscription."""
    position, token, version, content = row
    return subscription(format_id(position, token), version, content, now=now)


def _subscribed(transaction: Transaction, source: int, subscriber: str) -> Row | None:
    """Return the row of the subscription that this subscriber has; remove one that has ended."""
    row = transaction.row(_SUBSCRIBED, {"of_source": source, "of_digest": digest(subscriber)})
    if row is None:
        return None
    expires, *shown = row
    if expires > transaction.now:
        return shown
    unsubscribing.remove(transaction, [shown[0]])
    return None


def _insert(transaction: Transaction, source: int, new: NewSubscription, token: str) -> Subscription:
    """Store a subscription; its own position is behind all that was posted, so what is behind that is for it."""
    position = transaction.allocate(1)
    content = new_content(new, now=transaction.now)
    row = {"position": position, "source": source, "token": token, "version": 0, "content": content}
    transaction.run(_INSERT, {**row, "digest": digest(new.subscriber), "expires": transaction.now + new.ttl})
    transaction.run(_BEGIN, {"at": position, "of_source": source, "nobody": "", "nothing": b""})
    return decode((position, token, 0, content), transaction.now)
