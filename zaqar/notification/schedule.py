"""When a message that could not be delivered is tried again (notifications N-28 to N-36)."""

import email.utils
import functools
import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_STEP = 5
"""Seconds between the delays of a linear back-off; the others have as many of them."""

_MOST_ATTEMPTS = 1000
"""What a policy says beyond is not followed: one that is older than the bounds of the API may say anything."""

_JITTER = 0.1
_LONGEST_ATTEMPT = 30
"""Seconds."""


class _Policy(msgspec.Struct, frozen=True):
    retries_with_no_delay: int = 3
    minimum_delay_retries: int = 3
    minimum_delay: int = 5
    maximum_delay: int = 30
    maximum_delay_retries: int = 3
    retry_backoff_function: str = "linear"
    ignore_subscription_override: bool = False


_DEFAULT = _Policy()


def chosen(subscription: object, queue: object) -> Mapping[str, Any]:
    """Return the policy that applies, of the one in a subscription's options and the one in its queue's metadata (N-30)."""
    its_own = subscription if isinstance(subscription, Mapping) else {}
    of_queue = queue if isinstance(queue, Mapping) else {}
    if any(one.get("ignore_subscription_override") is True for one in (its_own, of_queue)):
        return of_queue
    return its_own or of_queue


def waits(policy: Mapping[str, Any]) -> tuple[int, ...]:
    """Return how many seconds to wait after the first failed attempt, the second and so on, until there is none (N-33)."""
    try:
        return _waits(msgspec.convert(policy, _Policy))
    except msgspec.ValidationError:  # it was stored before it would have been refused
        return _waits(_DEFAULT)


def next_ms(wait: int, *, retry_after: str | None, now_ms: int, ends_ms: int) -> int:
    """Return when to try again, in milliseconds since 1970.

    A receiver that asks for more time has it, up to the last second of the message.
    """
    planned = now_ms + round(with_jitter(wait) * 1000)
    asked = None if retry_after is None else seconds_asked(retry_after, now_ms // 1000)
    return planned if asked is None else max(planned, min(now_ms + round(asked * 1000), ends_ms - 1000))


def length(series: tuple[int, ...]) -> float:
    """Return how many seconds a schedule takes, with its jitter and its last attempt."""
    return sum(series) * (1 + _JITTER) + _LONGEST_ATTEMPT


def with_jitter(seconds: float) -> float:
    """Return a wait that is up to a tenth longer, so that what failed together does not come back together."""
    return seconds * (1 + random.random() * _JITTER)


def seconds_asked(retry_after: str, now: int) -> float | None:
    """Return how long a ``Retry-After`` asks to wait; None if that cannot be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:10])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, OverflowError):
        return None


@functools.lru_cache(maxsize=256)
def _waits(policy: _Policy) -> tuple[int, ...]:
    least, most = max(policy.minimum_delay, 0), max(policy.maximum_delay, 0)
    parts = (
        itertools.repeat(0, max(policy.retries_with_no_delay, 0)),
        itertools.repeat(least, max(policy.minimum_delay_retries, 0)),
        _BACKOFFS.get(policy.retry_backoff_function, _linear)(least, most),
        itertools.repeat(most, max(policy.maximum_delay_retries, 0)),
    )
    return tuple(itertools.islice(itertools.chain.from_iterable(parts), _MOST_ATTEMPTS))


def _linear(least: int, most: int) -> Iterator[int]:
    return iter(range(least, most, _STEP))


def _geometric(least: int, most: int) -> Iterator[int]:
    first, number = max(least, 1), _number(least, most)
    growth = (most / first) ** (1 / (number - 1))
    return (int(first * growth ** (i - 1)) for i in range(1, number + 1))


def _exponential(least: int, most: int) -> Iterator[int]:
    first, number = max(least, 1), _number(least, most)
    growth = (most / first) ** (1 / (number - 1))
    return (int(first / growth * growth**i) for i in range(1, number + 1))


def _arithmetic(least: int, most: int) -> Iterator[int]:
    number = _number(least, most)
    difference = 2 * (most - least) / (number * (number - 1))
    return (int(least + i * (i - 1) / 2 * difference) for i in range(1, number + 1))


def _number(least: int, most: int) -> int:
    return max((most - least) // _STEP, 2)


_BACKOFFS = {"linear": _linear, "geometric": _geometric, "exponential": _exponential, "arithmetic": _arithmetic}
