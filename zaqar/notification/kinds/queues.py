"""Subscribers that are queues of the same project, ``queue:NAME``: what is posted to the source is posted there, too."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from zaqar.errors import Invalid, Unavailable
from zaqar.limits import MIN_MESSAGE_TTL, check_queue, check_range
from zaqar.models import QueueKey, Subscription
from zaqar.notification.kinds.kind import Answer, Delivery, SubscriberKind, Surroundings
from zaqar.storage import tokens

DELAY, TTL = "_delay", "_ttl"
"""Options: those of the copies, where they are not to be the target's default, and that of the message."""

_OF_WEBHOOKS = ("post_data", "post_headers")
_SOON = "1"
"""Seconds after which a store is asked again that did not answer."""


class Queues(SubscriberKind):
    """Posts a copy of each message, by a token that follows from the message, so that no repetition doubles it."""

    # Nothing fails that could do better by a schedule, a mistake excepted; and what waits behind a store that does not answer
    # is not too late before its end.
    waits = (1, 1, 5, 5, 30, 60, 600, *[3600] * 24 * 14)
    takes_copies = False
    can_be_asked = False
    reads_text = False

    _in_thread: Callable[..., Awaitable[None]]
    _post: Callable[..., None]

    def parse(self, subscriber: str, options: Mapping[str, Any], source: QueueKey) -> None:
        """Refuse what is no name of another queue, and options that have no use or are out of bounds."""
        target = QueueKey(source.project, _name(subscriber))
        try:
            check_queue(target)
        except Invalid as error:  # it is not the queue of the request that is wrong
            raise Invalid(f"The subscriber: {error}") from error
        if target == source:
            raise Invalid("A queue cannot be a subscriber of itself.")
        for name in _OF_WEBHOOKS:
            if name in options:
                raise Invalid(f"{name} of the options is for webhooks: a queue gets what was posted, as it was posted.")
        limits = self.settings.limits
        _check_seconds(options, DELAY, least=0, most=limits.max_message_delay)
        _check_seconds(options, TTL, least=MIN_MESSAGE_TTL, most=limits.max_message_ttl)

    async def open(self, surroundings: Surroundings) -> None:
        """Keep what posts."""
        self._in_thread, self._post = surroundings.in_thread, surroundings.post_copy

    def prepare(self, subscription: Subscription) -> str:
        """Return the name of the target."""
        return _name(subscription.subscriber)

    async def deliver(self, delivery: Delivery) -> Answer:
        """Post it."""
        options = delivery.subscription.options
        try:
            await self._in_thread(
                self._post,
                QueueKey(delivery.queue.project, delivery.prepared),
                body=delivery.body,
                ttl=options.get(TTL, delivery.ttl),
                delay=options.get(DELAY),
                token=tokens.derived(f"{delivery.subscription.id} {delivery.position}".encode()),
                audience="all but queues",
            )
        except Unavailable:
            return Answer("it cannot be posted at the moment", is_ours=True, retry_after=_SOON)
        except Invalid:
            return Answer("the queue does not take it", is_final=True)
        return Answer("posted", is_delivered=True)


def _name(subscriber: str) -> str:
    return subscriber.partition(":")[2]


def _check_seconds(options: Mapping[str, Any], name: str, *, least: int, most: int) -> None:
    if name not in options:
        return
    if type(options[name]) is not int:  # True is an int to isinstance
        raise Invalid(f"{name} of the options must be an integer.")
    check_range(f"{name} of the options", options[name], least=least, most=most)
