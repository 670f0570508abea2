"""The store's methods with the arguments filled in that a test does not care about."""

from collections.abc import Iterable
from typing import Any

import msgspec

from tests.builders import new_message, new_subscription, new_token
from zaqar.models import Audience, Claim, DeadLetterRule, Message, NewMessage, QueueKey, Subscription
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import parse_id, parse_ids

PRODUCER = "11111111-1111-1111-1111-111111111111"
CONSUMER = "22222222-2222-2222-2222-222222222222"

WELL_FORMED = "0" * 14 + "0123456789abcdef"
"""An id of the service's form that no store has given."""


def post(store: MessageStore, queue: QueueKey, *messages: NewMessage, client_id: str = PRODUCER) -> list[str]:
    """Post and return the ids."""
    return list(store.messages.post(queue, messages, client_id=client_id, token=new_token()).ids)


def listed(
    store: MessageStore,
    queue: QueueKey,
    *,
    marker: str | None = None,
    limit: int = 100_000,
    hidden_client_id: str | None = None,
    include_claimed: bool = False,
    include_delayed: bool = False,
) -> list[Message]:
    """Return a page: by default everything that a plain listing shows."""
    return store.messages.list(
        queue,
        marker=None if marker is None else parse_id(marker),
        limit=limit,
        hidden_client_id=hidden_client_id,
        include_claimed=include_claimed,
        include_delayed=include_delayed,
    )


def everything(store: MessageStore, queue: QueueKey) -> list[Message]:
    """Return all messages, claimed and delayed ones too."""
    return listed(store, queue, include_claimed=True, include_delayed=True)


def claim(
    store: MessageStore,
    queue: QueueKey,
    *,
    ttl: int = 300,
    grace: int = 60,
    limit: int = 10,
    dead_letter: DeadLetterRule | None = None,
) -> Claim:
    """Claim messages."""
    return store.claims.create(queue, ttl=ttl, grace=grace, limit=limit, dead_letter=dead_letter)


def get(store: MessageStore, queue: QueueKey, message_id: str) -> Message:
    """Return the one message."""
    (message,) = store.messages.get(queue, parse_ids([message_id]))
    return message


def exists(store: MessageStore, queue: QueueKey, message_id: str) -> bool:
    """Tell whether the message is there."""
    return bool(store.messages.get(queue, parse_ids([message_id])))


def ids(messages: Iterable[Message]) -> list[str]:
    """Return the ids, in order."""
    return [message.id for message in messages]


def numbers(messages: Iterable[Message]) -> list[int]:
    """Return the bodies of numbered messages, in order."""
    return [int(message.body) for message in messages]


def sweep_all(store: MessageStore) -> int:
    """Sweep until nothing is left to sweep; return how much went."""
    total = 0
    for _ in range(1000):
        swept = store.sweep()
        total += swept
        if not swept:
            return total
    raise AssertionError("The sweep does not come to an end.")


def subscribe(
    store: MessageStore,
    queue: QueueKey,
    subscriber: str = "https://receiver.example/hook",
    *,
    ttl: int = 3600,
    options: dict[str, Any] | None = None,
) -> Subscription:
    """Subscribe and return the subscription, which was not there before."""
    new = new_subscription(subscriber, ttl=ttl, options=options)
    subscription, is_new = store.subscriptions.create(queue, new, token=new_token())
    assert is_new
    return subscription


def subscribers(store: MessageStore, queue: QueueKey, *, marker: str | None = None, limit: int = 100_000) -> list[str]:
    """Return who is subscribed, in the order of the ids; by default everybody."""
    after = None if marker is None else parse_id(marker)
    return [one.subscriber for one in store.subscriptions.list(queue, marker=after, limit=limit)]


def leaves_notice(store: MessageStore, queue: QueueKey, *, audience: Audience = "everybody") -> bool:
    """Post a message; tell whether subscribers are to be told of it."""
    posted = store.messages.post(queue, [new_message()], client_id=PRODUCER, token=new_token(), audience=audience)
    return posted.has_notice


def replace(store: MessageStore, queue: QueueKey, old: Subscription, *, restarts: bool = False, **changes: Any) -> None:
    """Replace some members of a subscription."""
    new = msgspec.structs.replace(old, **changes)
    store.subscriptions.replace(queue, old=old, new=new, restarts=restarts)
