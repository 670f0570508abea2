"""What tests do with subscriptions and the outbox, with the arguments filled in that a test does not care about."""

from collections.abc import Iterable, Sequence

from tests.builders import new_token
from tests.conformance.acts import PRODUCER, subscribe
from zaqar.models import (
    Audience,
    Failing,
    Held,
    Lease,
    NewMessage,
    Notice,
    Posted,
    Progress,
    QueueKey,
    Saved,
    Subscription,
)
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import format_id, named

HOLDER = "holder-1"
OTHER = "holder-2"
WHOLE_LOG = 2**30
"""More bytes than any log of these tests has."""


def subscribe_many(store: MessageStore, queue: QueueKey, count: int) -> list[Subscription]:
    """Subscribe so many subscribers."""
    return [subscribe(store, queue, f"http://receiver-{number}.example") for number in range(count)]


def post_noticed(
    store: MessageStore, queue: QueueKey, *messages: NewMessage, audience: Audience = "everybody"
) -> Posted:
    """Post and return what became of it."""
    return store.messages.post(queue, messages, client_id=PRODUCER, token=new_token(), audience=audience)


def lease(
    store: MessageStore, queue: QueueKey, *, holder: str = HOLDER, seconds: float = 3, limit: int = 100
) -> Sequence[Lease]:
    """Lease what has work."""
    return store.deliveries.lease(queue, holder=holder, seconds=seconds, limit=limit)


def log(store: MessageStore, queue: QueueKey, *, after: int = 0, most_bytes: int = WHOLE_LOG) -> Sequence[Notice]:
    """Return the notices, by default all."""
    return store.deliveries.notices(queue, after=after, most_bytes=most_bytes)


def save(
    store: MessageStore, queue: QueueKey, *saved: Saved, holder: str = HOLDER, seconds: float = 3
) -> dict[str, Held]:
    """Store progress."""
    return dict(store.deliveries.save(queue, holder=holder, seconds=seconds, saved=saved))


def finish(store: MessageStore, queue: QueueKey, *leases: Lease, high: int | None = None) -> None:
    """Say of leased subscriptions that everything is delivered, up to the position or the end of the log; let them go."""
    reached = max((notice.last for notice in log(store, queue)), default=0) if high is None else high
    held = save(store, queue, *(released(one, Progress(reached)) for one in leases))
    assert set(held) == {one.subscription.id for one in leases}


def released(one: Lease, progress: Progress) -> Saved:
    """Return what the holder says with whom a subscription has nothing to do."""
    return Saved(one.subscription.id, progress, is_released=True)


def kept(one: Lease, progress: Progress) -> Saved:
    """Return what the holder says who goes on."""
    return Saved(one.subscription.id, progress)


def failing(positions: Iterable[int], *, next_ms: int) -> list[Failing]:
    """Return messages that failed once."""
    return [Failing(position, "0123456789abcdef", 1, next_ms, "500") for position in positions]


def subscribers(leases: Iterable[Lease]) -> list[str]:
    """Return the subscribers of leases, in order."""
    return [one.subscription.subscriber for one in leases]


def message_ids(notices: Iterable[Notice]) -> list[str]:
    """Return the ids of all messages that the notices tell of, in order."""
    return [
        format_id(notice.first + index, notice.token) for notice in notices for index in range(len(notice.messages))
    ]


def bodies(notices: Iterable[Notice]) -> list[bytes]:
    """Return the bodies of all messages that the notices tell of, in order."""
    return [message.body for notice in notices for message in notice.messages]


def position(message_id: str) -> int:
    """Return the position of a message."""
    return named(message_id).position


def follow(store: MessageStore, queue: QueueKey, subscription: Subscription, *, holder: str = HOLDER) -> list[str]:
    """Deliver to one subscription whatever waits, a notice at a time; return the ids of the messages."""
    seen: list[str] = []
    while True:
        mine = [one for one in lease(store, queue, holder=holder) if one.subscription.id == subscription.id]
        if not mine:
            return seen
        high = mine[0].progress.high
        notices = log(store, queue, after=high, most_bytes=1)
        seen += [message_id for message_id in message_ids(notices) if position(message_id) > high]
        save(store, queue, released(mine[0], Progress(max((one.last for one in notices), default=high))), holder=holder)
