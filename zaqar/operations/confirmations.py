"""Confirmations: subscribers are asked whether they want what is posted, where the operator wants that (notifications A7).

What is sent has a signature, with which the subscriber answers. It proves itself; that it is of the subscriber which there is
now, its end proves, which is kept with the subscription until the subscriber changes.
"""

import logging
from collections.abc import Callable, Collection

import msgspec

from zaqar.context import Opening
from zaqar.errors import QueueNotFound, SignatureRefused
from zaqar.limits import LAST_SECOND, MIN_MESSAGE_TTL, Limits
from zaqar.models import NewMessage, Question, QueueKey, Subscription
from zaqar.news import News
from zaqar.operations.settings import KnownQueues
from zaqar.signing import Signer, path_of
from zaqar.storage.ids import named, new_token

LOG = logging.getLogger(__name__)

MOST_REMEMBERED = 10
"""Confirmations of a subscription that are good at a time, the latest."""


class Confirmations:
    """Asks subscribers, and tells whether an answer is good. ``has_to_agree``: whom nothing is told before he has confirmed."""

    def __init__(
        self, *, known: KnownQueues, limits: Limits, signer: Signer, news: News, has_to_agree: Callable[[str], bool]
    ) -> None:
        self._known = known
        self._limits = limits
        self._signer = signer
        self._has_to_agree = has_to_agree
        self._news = news

    def are_required_of(self, subscriber: str) -> bool:
        """Tell whether a subscriber is told nothing before it has confirmed."""
        return self._has_to_agree(subscriber)

    def end(self, seconds: int, subscriber: str, *, other_than: Collection[int] = ()) -> int | None:
        """Return when a confirmation ends that is good for so long from now; None where none is to be sent.

        It is known by its end: one that another subscriber was sent does not end in the same second.
        """
        if not self.are_required_of(subscriber):
            return None
        if not self._signer.has_key:
            LOG.error("Subscribers cannot be asked to confirm: there is no [signed_url] secret_key to sign with.")
            return None
        latest = min(self._signer.second() + seconds, LAST_SECOND)
        return next(end for end in range(latest, 0, -1) if end not in other_than)

    def send(self, queue: QueueKey, subscription_id: str, question: Question) -> None:
        """Leave a question for the subscriber, which goes out signed as whatever else is delivered."""
        left = question.expires - self._signer.second()
        ttl = max(MIN_MESSAGE_TTL, min(left, self._limits.max_message_ttl))
        message, token = NewMessage(msgspec.json.encode(question), ttl), new_token()
        deliveries = self._known.store_for(queue).deliveries
        try:
            deliveries.address(queue, named(subscription_id), message, token=token)
        except QueueNotFound:
            self._known.create_lazily(queue)
            deliveries.address(queue, named(subscription_id), message, token=token)
        self._news.tell(queue)


def path_to_confirm(queue: QueueKey, subscription_id: str) -> str:
    """Return where an answer goes, and nothing else that the signature opens."""
    return path_of(queue, f"subscriptions/{subscription_id}/confirm")


def remembering(subscription: Subscription, end: int | None) -> Subscription:
    """Return the subscription for which a confirmation with this end is good, too."""
    if end is None or end in subscription.confirmations:
        return subscription
    return msgspec.structs.replace(subscription, confirmations=(*subscription.confirmations, end)[-MOST_REMEMBERED:])


def check_answer(opening: Opening, queue: QueueKey, subscription: Subscription) -> None:
    """Refuse a signature that is not of a confirmation sent to the subscriber there is. Raises ``SignatureRefused``."""
    if list(opening.paths) != [path_to_confirm(queue, subscription.id)]:
        raise SignatureRefused("it is not that of a confirmation")
    if opening.ends not in subscription.confirmations:
        raise SignatureRefused("its confirmation was not sent to the present subscriber, or ten were sent since")
