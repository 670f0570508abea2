"""What becomes of a message of a notice for a subscription: what its kind delivers, made anew for every attempt."""

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from zaqar.models import Notice, Question, QueueKey, Subscription
from zaqar.notification import payload
from zaqar.notification.confirmation import Asked
from zaqar.notification.kinds.kind import Delivery, SubscriberKind
from zaqar.storage import ids

LOG = logging.getLogger(__name__)

_ENCRYPTED = b"\x01"
"""What an encrypted body begins with, and no JSON text (notifications E-11)."""

Decrypted = Callable[[str, Sequence[bytes]], Sequence[bytes]]
"""Takes a project and bodies, and returns them as they were posted. Raises ``Unreadable`` or ``Unavailable``."""

Confirmation = Callable[[QueueKey, Subscription, Question], Asked]
"""Takes what a confirmation asks, and returns it signed."""


class CannotBeMade(Exception):
    """There is nothing that could be sent for the message; the text says why."""


class OfAnother(Exception):
    """A confirmation is none of those that count for the subscriber, as it is known."""


@dataclasses.dataclass(frozen=True)
class Made:
    """How messages become what is sent: what the service is handed."""

    decrypted: Decrypted
    confirmation: Confirmation | None
    """None: the service has no key to sign one with."""


class Dispatch:
    """Makes the deliveries to one subscription, as it stands."""

    def __init__(self, queue: QueueKey, subscription: Subscription, kind: SubscriberKind, made: Made) -> None:
        self.kind = kind
        self._queue = queue
        self._subscription = subscription
        self._made = made
        self._is_prepared = False
        self._prepared: Any = None
        try:
            self._prepared = kind.prepare(subscription)
            self._is_prepared = True
        except Exception:  # the edge of a kind, which may be anybody's: a lease would fail that is of others, too
            LOG.exception("subscription %s: nothing can be delivered to it through a mistake", subscription.id)

    def delivery(self, notice: Notice, position: int, now: int) -> Delivery:
        """Return an attempt at a message. Raises ``Unreadable``, ``Unavailable``, ``CannotBeMade``, ``OfAnother``."""
        if not self._is_prepared:
            raise CannotBeMade("a mistake of the service")
        message = notice.messages[position - notice.first]
        asked = self._asked(message.body) if notice.purpose == "question" else None
        if asked is not None:
            text = msgspec.json.encode(asked)
        elif self.kind.reads_text:
            body = message.body
            if body.startswith(_ENCRYPTED):
                body = self._made.decrypted(self._queue.project, [body])[0]
            text = payload.notification(self._queue, message, body)
        else:
            text = b""
        return Delivery(
            self._queue,
            self._subscription,
            self._prepared,
            *_known_by(notice, position),
            message.body,
            text,
            message.ttl,
            notice.created,
            now,
            asked,
        )

    def _asked(self, order: bytes) -> Asked:
        if self._made.confirmation is None:
            raise CannotBeMade("the service has no key to sign a confirmation with")
        try:
            question = msgspec.json.decode(order, type=Question)
        except msgspec.DecodeError:
            raise CannotBeMade("the order of the confirmation cannot be read") from None
        if question.expires not in self._subscription.confirmations or not self.kind.can_be_asked:
            raise OfAnother
        return self._made.confirmation(self._queue, self._subscription, question)


def _known_by(notice: Notice, position: int) -> tuple[int, str]:
    """Return position and id by which a receiver is to know a message: those of its first attempts, where it was brought back."""
    original_id = notice.original_id(position)
    if original_id is None:
        return position, ids.format_id(position, notice.token)
    return ids.parse_id(original_id).position, original_id


def policy_of(options: Mapping[str, object]) -> object:
    """Return the retry policy of a subscription, if it has one."""
    return options.get("_retry_policy")
