"""What is sent for a message of a notice to a subscription: made anew for every attempt."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from yarl import URL

from zaqar.models import Notice, Question, QueueKey, Subscription
from zaqar.notification import payload
from zaqar.storage import ids

_ENCRYPTED = b"\x01"
"""What an encrypted body begins with, and no JSON text (notifications E-11)."""

_PRINTABLE = frozenset(map(chr, range(0x21, 0x7F)))

Decrypted = Callable[[str, Sequence[bytes]], Sequence[bytes]]
"""Takes a project and bodies, and returns them as they were posted. Raises ``Unreadable`` or ``Unavailable``."""

Confirmation = Callable[[QueueKey, Subscription, Question], bytes]
"""Takes what a confirmation asks, and returns its JSON text."""


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


class Dispatch(NamedTuple):
    """A request."""

    url: URL
    headers: dict[str, str]
    body: bytes


class Letterhead:
    """What all that is sent to one subscription has in common."""

    def __init__(self, queue: QueueKey, subscription: Subscription, made: Made) -> None:
        self._queue = queue
        self._subscription = subscription
        self._made = made
        self._url = _url(subscription.subscriber)
        self._headers = payload.headers(subscription.options)
        self._keys: tuple[bytes, ...] | None = None
        self._keys_end = 0

    def dispatch(self, notice: Notice, position: int, now: int) -> Dispatch:
        """Return the request for a message. Raises ``Unreadable``, ``Unavailable``, ``CannotBeMade``, ``OfAnother``."""
        if self._url is None:
            raise CannotBeMade("the URL cannot be used")
        message = notice.messages[position - notice.first]
        body = message.body
        if body.startswith(_ENCRYPTED):
            body = self._made.decrypted(self._queue.project, [body])[0]
        if notice.subscription_id is None:
            text = payload.notification(self._queue, message, body)
        else:
            text = self._confirmation(body)
        text = payload.in_template(self._subscription.options, text)
        signed = payload.signed(ids.format_id(position, notice.token), now, text, self._keys_at(now))
        return Dispatch(self._url, self._headers | signed, text)

    def _confirmation(self, order: bytes) -> bytes:
        if self._made.confirmation is None:
            raise CannotBeMade("the service has no key to sign a confirmation with")
        try:
            asked = msgspec.json.decode(order, type=Question)
        except msgspec.DecodeError:
            raise CannotBeMade("the order of the confirmation cannot be read") from None
        if asked.expires not in self._subscription.confirmations:
            raise OfAnother
        return self._made.confirmation(self._queue, self._subscription, asked)

    def _keys_at(self, now: int) -> tuple[bytes, ...]:
        if self._keys is None or now >= self._keys_end:
            ends = self._subscription.former_secret_ends
            self._keys = payload.signing_keys(self._subscription, now)
            self._keys_end = ends if ends > now else now + 3600
        return self._keys


def policy_of(options: Mapping[str, object]) -> object:
    """Return the retry policy of a subscription, if it has one."""
    return options.get("_retry_policy")


def _url(subscriber: str) -> URL | None:
    """Return where to send to: exactly what was stored, wherever a request can carry that (N-13)."""
    try:
        url = URL(subscriber, encoded=_PRINTABLE.issuperset(subscriber))
        is_whole = bool(url.host) and url.port is not None
    except ValueError:  # as late as the host and the port are asked for
        return None
    return url if is_whole else None
