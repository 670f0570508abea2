"""Trusts: by them the service acts for whoever subscribed, when it sends to a ``trust+`` URI (notifications A6).

Each subscription has a trust of its own, whose id is among its options. Whoever changes where the messages go, what is sent there,
or for how long, gives a trust of his own in the place of what there was: else he would use somebody else's rights.
"""

from collections.abc import Collection, Sequence
from types import TracebackType
from typing import Protocol, Self, TypeVar

import msgspec

from zaqar.context import Context
from zaqar.errors import Invalid, SubscriptionNotFound, Unavailable
from zaqar.models import NewSubscription, QueueKey, Subscription
from zaqar.storage.contract import Subscriptions
from zaqar.storage.ids import Id, parse_id

TRUST_ID = "trust_id"
"""The member of a subscription's options that holds the id of its trust."""
_SAID = ("post_data", "post_headers")
"""Options that say what is sent, such as which workflow is to run."""
_PAGE = 1000
_SCHEMES = ("trust+http", "trust+https")


class Trusts(Protocol):
    """Who makes trusts, and removes them."""

    are_made: bool
    """Whether trusts can be made."""

    def create(self, context: Context, *, seconds: int) -> str:
        """Let the service act as the caller, in his project and with his roles, for so long; return the trust's id.

        Raises ``Unavailable``.
        """
        ...

    def delete(self, context: Context, trust_ids: Collection[str]) -> None:
        """Remove trusts, by the right of the caller or that of the service; what cannot be removed is for the log."""
        ...


class NoTrusts:
    """Stands in for ``Trusts`` where no trusts can be made; ``reason`` is the sentence that says why."""

    are_made = False

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def create(self, context: Context, *, seconds: int) -> str:  # noqa: ARG002 - whoever asks
        """Say why not. Raises ``Unavailable``."""
        raise Unavailable(self._reason)

    def delete(self, context: Context, trust_ids: Collection[str]) -> None:
        """Leave what others have made."""


AnySubscription = TypeVar("AnySubscription", NewSubscription, Subscription)


class Pledge:
    """The trust that one request gives, if any: made once it is needed, and removed if it fails to be stored.

    A block around what stores it: ``covering`` tells what to store, ``settle`` what was.
    """

    def __init__(self, trusts: Trusts, context: Context) -> None:
        self._trusts = trusts
        self._context = context
        self._made: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Of a store that did not answer nobody knows what it has: a trust too many is better than one too few.
        if error is not None and not isinstance(error, Unavailable):
            self._remove({self._made})

    def covering(
        self, new: AnySubscription, *, old: Subscription | None = None, restarts: bool = False
    ) -> AnySubscription:
        """Return a subscription as it is to be stored: with a trust, if its subscriber needs one.

        ``restarts``: whether it is to live longer than ``old`` was to. Raises ``Invalid`` where it names the trust of another,
        and ``Unavailable`` where there can be none.
        """
        had = None if old is None else trust_of(old)
        options = dict(new.options)
        if options.pop(TRUST_ID, had) != had:
            raise Invalid("trust_id of the options cannot be given.")
        if needs_trust(new.subscriber):
            is_covered = had is not None and old is not None and not restarts and _says_the_same(new, old)
            options[TRUST_ID] = had if is_covered else self._create(new.ttl)
        return msgspec.structs.replace(new, options=options)

    def settle(self, stored: Subscription, *, before: Subscription | None = None) -> None:
        """Remove what there was before, and what was made, where it is not in what is stored."""
        had = None if before is None else trust_of(before)
        self._remove({had, self._made} - {trust_of(stored)})

    def _create(self, seconds: int) -> str:
        if self._made is None:
            self._made = self._trusts.create(self._context, seconds=seconds)
        return self._made

    def _remove(self, trust_ids: set[str | None]) -> None:
        if found := [trust_id for trust_id in trust_ids if trust_id is not None]:
            self._trusts.delete(self._context, found)


def _says_the_same(new: NewSubscription | Subscription, old: Subscription) -> bool:
    return new.subscriber == old.subscriber and all(new.options.get(name) == old.options.get(name) for name in _SAID)


def needs_trust(subscriber: str) -> bool:
    """Tell whether a subscriber is sent a token."""
    return subscriber.partition(":")[0].lower() in _SCHEMES


def trust_of(subscription: Subscription) -> str | None:
    """Return the id of the trust that a subscription has, or None."""
    trust_id = subscription.options.get(TRUST_ID)
    return trust_id if isinstance(trust_id, str) else None


def trust_in(subscriptions: Subscriptions, queue: QueueKey, subscription_id: Id) -> Sequence[str]:
    """Return the id of the trust of a subscription; there may be none, nor such a subscription."""
    try:
        trust = trust_of(subscriptions.get(queue, subscription_id))
    except SubscriptionNotFound:
        trust = None
    return [] if trust is None else [trust]


def trusts_in(subscriptions: Subscriptions, queue: QueueKey) -> Sequence[str]:
    """Return the ids of the trusts of all subscriptions to a queue."""
    found: list[str] = []
    marker: Id | None = None
    while page := subscriptions.list(queue, marker=marker, limit=_PAGE):
        found += [trust for trust in map(trust_of, page) if trust is not None]
        marker = parse_id(page[-1].id)
    return found
