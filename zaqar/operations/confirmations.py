"""Confirmations: subscribers are asked whether they want what is posted, where the operator wants that (notifications A7).

What is sent has a signature, with which the subscriber answers. It proves itself; that it is of the subscriber which there is
now, its end proves, which is kept with the subscription until the subscriber changes. Those of former subscribers end earlier
than every one that comes after them, so no choice of times makes one of them good again: the latest is kept, as a negative number.
"""

import logging
from collections.abc import Callable

import msgspec

from zaqar.context import Opening
from zaqar.errors import QueueNotFound, SignatureRefused
from zaqar.limits import LAST_SECOND, MIN_MESSAGE_TTL, Limits
from zaqar.models import MessageType, NewMessage, Question, QueueKey, Subscription
from zaqar.news import News
from zaqar.operations.settings import KnownQueues
from zaqar.signing import Signer, path_of
from zaqar.storage.ids import named, new_token

LOG = logging.getLogger(__name__)

MOST_REMEMBERED = 10
"""Confirmations of a subscription that are good at a time: the latest, and that which ends last."""
_LATEST = LAST_SECOND - 1_000_000
"""When one ends at the latest, but for the second that each change of the subscriber adds."""


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

    def asking(self, subscription: Subscription, seconds: int) -> Subscription:
        """Return the subscription for which one more confirmation is good, for so long from now; the same where none is to be sent.

        It is known by its end: it ends after all that were sent to former subscribers.
        """
        if not self.are_required_of(subscription.subscriber):
            return subscription
        if not self._signer.has_key:
            LOG.error("Subscribers cannot be asked to confirm: there is no [signed_url] secret_key to sign with.")
            return subscription
        spent = (1 - one for one in subscription.confirmations if one < 0)
        return _remembering(subscription, max(min(self._signer.second() + seconds, _LATEST), *spent, 0))

    def send(self, queue: QueueKey, subscription: Subscription, message_type: MessageType) -> None:
        """Leave the latest question for the subscriber, if there is to be one; it goes out signed as whatever else is delivered."""
        ends = subscription.confirmations[-1] if subscription.confirmations else 0
        if ends <= 0 or not self._signer.has_key or not self.are_required_of(subscription.subscriber):
            return
        left = ends - self._signer.second()
        ttl = max(MIN_MESSAGE_TTL, min(left, self._limits.max_message_ttl))
        message, token = NewMessage(msgspec.json.encode(Question(message_type, ends)), ttl), new_token()
        deliveries, whom = self._known.store_for(queue).deliveries, named(subscription.id)
        try:
            deliveries.address(queue, whom, message, token=token)
        except QueueNotFound:
            self._known.create_lazily(queue)
            deliveries.address(queue, whom, message, token=token)
        self._news.tell(queue)


def path_to_confirm(queue: QueueKey, subscription_id: str) -> str:
    """Return where an answer goes, and nothing else that the signature opens."""
    return path_of(queue, f"subscriptions/{subscription_id}/confirm")


def forgetting(subscription: Subscription) -> Subscription:
    """Return the subscription for which no confirmation is good, nor becomes good again, that was sent so far."""
    spent = max(map(abs, subscription.confirmations), default=None)
    return msgspec.structs.replace(subscription, confirmations=() if spent is None else (-spent,))


def check_answer(opening: Opening, queue: QueueKey, subscription: Subscription) -> None:
    """Refuse a signature that is not of a confirmation sent to the subscriber there is. Raises ``SignatureRefused``."""
    if list(opening.paths) != [path_to_confirm(queue, subscription.id)]:
        raise SignatureRefused("it is not that of a confirmation")
    if opening.ends not in subscription.confirmations:
        raise SignatureRefused("its confirmation was not sent to the present subscriber, or ten were sent since")


def _remembering(subscription: Subscription, end: int) -> Subscription:
    if end > LAST_SECOND:  # there is no time left that no former subscriber was sent
        return subscription
    spent = [one for one in subscription.confirmations if one < 0]
    sent = [*(one for one in subscription.confirmations if one > 0 and one != end), end]
    kept, last = sent[-MOST_REMEMBERED:], max(sent)
    if last not in kept:
        kept[0] = last
    return msgspec.structs.replace(subscription, confirmations=(*spent, *kept))
