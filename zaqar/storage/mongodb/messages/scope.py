"""Keys of documents: each names one thing of one queue, whatever characters projects and names have (storage W-M17)."""

from functools import lru_cache
from typing import cast

from zaqar.models import Kind, QueueKey
from zaqar.storage import names
from zaqar.storage.ids import Id, format_id, parse_id


@lru_cache(maxsize=10_000)
def scope_of(queue: QueueKey) -> str:
    """Return ``KIND:PROJECT/NAME``, both percent-encoded: the key of the queue's record."""
    return f"{queue.kind}:{names.path_of(queue)}"


def queue_of(scope: str) -> QueueKey:
    """Return the queue that a scope stands for."""
    kind, _, path = scope.partition(":")
    return names.queue_at(path, cast("Kind", kind))


def message_key(scope: str, message_id: str) -> str:
    """Return the key of a message; in their order, keys of a queue are in the order of positions."""
    return f"{scope}/{message_id}"


def id_of(key: str) -> str:
    """Return the public id of the message with this key."""
    return key.rpartition("/")[2]


def place_of(key: str) -> Id:
    """Return position and token of the message with this key."""
    return parse_id(id_of(key))


def keys_of_post(scope: str, token: str, *, first: int, count: int) -> list[str]:
    """Return the keys of all messages of a post, and behind them that of its notice, which it may have."""
    names = [format_id(position, token) for position in range(first, first + count)]
    return [*(message_key(scope, name) for name in names), notice_key(scope, names[-1])]


def notice_key(scope: str, message_id: str) -> str:
    """Return the key of the notice whose last message this is: behind those of all messages of the queue."""
    return f"{scope}/notice/{message_id}"


def subscription_key(scope: str, subscription_id: str) -> str:
    """Return the key of a subscription."""
    return f"{scope}/{subscription_id}"


def keys_of_subscriptions(scope: str, after: str) -> dict[str, str]:
    """Return the range of keys of the subscriptions behind an id; behind none of them if it is empty."""
    return {"$gt": f"{scope}/{after}", "$lt": f"{scope}/g"}


def keys_below(scope: str, position: int) -> dict[str, str]:
    """Return the range of keys of the messages before a position."""
    return {"$gte": f"{scope}/", "$lt": f"{scope}/{position:014x}"}


def token_key(scope: str, token: str) -> str:
    """Return the key of the document that remembers a post."""
    return f"{scope}/posted/{token}"
