"""The paths of resources as answers give them in ``href`` members, the same over every transport."""

from zaqar.models import Kind, QueueKey

VERSION = "/v2"


def queues(kind: Kind) -> str:
    """Return the path of all queues, or topics, of a project."""
    return f"{VERSION}/{kind}s"


def queue(key: QueueKey) -> str:
    """Return the path of a queue."""
    return f"{VERSION}/{key.kind}s/{key.name}"


def messages(key: QueueKey) -> str:
    """Return the path of a queue's messages."""
    return f"{VERSION}/{key.kind}s/{key.name}/messages"


def redrive(key: QueueKey, redrive_id: str) -> str:
    """Return the path of a redrive."""
    return f"{VERSION}/{key.kind}s/{key.name}/redrive/{redrive_id}"


def claim(key: QueueKey, claim_id: str) -> str:
    """Return the path of a claim."""
    return f"{VERSION}/{key.kind}s/{key.name}/claims/{claim_id}"


def subscriptions(key: QueueKey) -> str:
    """Return the path of the subscriptions to a queue."""
    return f"{VERSION}/{key.kind}s/{key.name}/subscriptions"


def subscription(key: QueueKey, subscription_id: str) -> str:
    """Return the path of a subscription."""
    return f"{subscriptions(key)}/{subscription_id}"
