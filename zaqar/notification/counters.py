"""What operators are told of deliveries (notifications N-79)."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Counts:
    """What this process has done since it began, and what it has in hand."""

    delivered: int
    failed_attempts: int
    given_up: int
    pending: int
    """Messages that are attempted, or are to be tried again, of the subscriptions that are held."""
    subscriptions: int
    """That are held."""


@dataclasses.dataclass
class Counters:
    """The numbers, as they grow."""

    delivered: int = 0
    failed_attempts: int = 0
    given_up: int = 0
