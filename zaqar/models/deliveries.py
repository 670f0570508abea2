"""How far the deliveries to a subscription are."""

from collections.abc import Sequence

import msgspec

from zaqar.models.subscriptions import Subscription

MOST_FAILING = 20
"""Messages of one subscription that are tried again and again at a time; while there are so many, no newer one is tried."""

MOST_OUTCOMES = 50
"""Outcomes that are remembered of one subscription, the latest."""


class Failing(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message that could not be delivered yet."""

    position: int
    token: str
    attempts: int
    """So far."""
    next_ms: int
    """When to try again, in milliseconds since 1970."""
    answer: str
    """What came of the last attempt, in a few words."""
    original_id: str | None = None
    """As in ``Outcome``."""


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message that is done with."""

    message_id: str
    is_delivered: bool
    attempts: int
    at: int
    reason: str
    """The last answer, or why it was given up."""
    original_id: str | None = None
    """The id that it had before it became a dead letter, where it was brought back: by that its subscriber knows it."""


class Progress(msgspec.Struct, frozen=True):
    """How far the deliveries to a subscription are."""

    high: int
    """The position up to which everything was attempted, or passed over."""
    failing: Sequence[Failing] = ()
    """By position, at most ``MOST_FAILING``; each at or below ``high``."""
    outcomes: Sequence[Outcome] = ()
    """The latest, oldest first, at most ``MOST_OUTCOMES``."""
    delivered: int = 0
    failed_attempts: int = 0
    given_up: int = 0
    looks_ms: int | None = None
    """Where nothing newer is tried: when some of it may be too late, in milliseconds since 1970."""

    @property
    def low(self) -> int:
        """Return the position up to which everything is done with, so that its notices are not needed any more."""
        return min((one.position for one in self.failing), default=self.high + 1) - 1

    @property
    def wakes_ms(self) -> int | None:
        """Return when there is something to do next, unless it comes from outside, in milliseconds since 1970; None if never."""
        times = [one.next_ms for one in self.failing]
        return min(times if self.looks_ms is None else [*times, self.looks_ms], default=None)

    @property
    def is_full(self) -> bool:
        """Tell whether nothing newer is to be tried."""
        return len(self.failing) >= MOST_FAILING


class Lease(msgspec.Struct, frozen=True):
    """A subscription whose deliveries are the holder's for a while, as it stood when that began."""

    subscription: Subscription
    progress: Progress
    is_hurried: bool = False
    """Whether what fails is wanted to be tried now."""


class Saved(msgspec.Struct, frozen=True):
    """What the holder of a lease says of a subscription."""

    subscription_id: str
    progress: Progress
    is_released: bool = False
    """Whether the lease ends with this, as there is nothing to do at the moment."""


class Held(msgspec.Struct, frozen=True):
    """What the holder of a lease is told when it says how far it is."""

    version: int
    """That of the subscription now: another than the lease's means that the lease tells old things."""
    is_hurried: bool = False
    """As in ``Lease``; told once."""


class Standing(msgspec.Struct, frozen=True):
    """How far the deliveries to a subscription are, and how much waits."""

    progress: Progress
    pending: int
    """Posts behind ``high``; they are counted to a thousand."""
