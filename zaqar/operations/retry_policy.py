"""The member ``_retry_policy`` of metadata and options: how often and how fast a notification is tried again (http Q-16)."""

from collections.abc import Mapping
from typing import Any

from zaqar.errors import Invalid

MOST_RETRIES = 100
"""Of each of the three numbers of retries."""
LONGEST_DELAY = 86_400
"""Seconds between two attempts, a day."""

_BOUNDS = {
    "retries_with_no_delay": MOST_RETRIES,
    "minimum_delay_retries": MOST_RETRIES,
    "minimum_delay": LONGEST_DELAY,
    "maximum_delay": LONGEST_DELAY,
    "maximum_delay_retries": MOST_RETRIES,
}
_BACKOFFS = ("linear", "arithmetic", "geometric", "exponential")
_MINIMUM_DELAY = 5
_MAXIMUM_DELAY = 30
_LEAST_SPREAD = 10


def check_retry_policy(policy: object) -> None:
    """Refuse a policy that cannot be followed; None is unset. Delays in seconds. Raises ``Invalid``."""
    if policy is None:
        return
    if not isinstance(policy, Mapping):
        raise Invalid("_retry_policy must be an object.")
    for name, most in _BOUNDS.items():
        if name in policy:
            _check_number(name, policy[name], most)
    if "retry_backoff_function" in policy and policy["retry_backoff_function"] not in _BACKOFFS:
        raise Invalid(f"retry_backoff_function of _retry_policy must be one of {', '.join(_BACKOFFS)}.")
    if "ignore_subscription_override" in policy and type(policy["ignore_subscription_override"]) is not bool:
        raise Invalid("ignore_subscription_override of _retry_policy must be a boolean.")
    _check_delays(policy)


def _check_number(name: str, value: object, most: int) -> None:
    if type(value) is not int:
        raise Invalid(f"{name} of _retry_policy must be an integer.")
    if not 0 <= value <= most:
        raise Invalid(f"{name} of _retry_policy must be between 0 and {most}, both included; it is {value}.")


def _check_delays(policy: Mapping[str, Any]) -> None:
    least, most = policy.get("minimum_delay", _MINIMUM_DELAY), policy.get("maximum_delay", _MAXIMUM_DELAY)
    if most < least:
        raise Invalid("maximum_delay of _retry_policy must not be below minimum_delay.")
    if most - least < _LEAST_SPREAD:
        raise Invalid(f"maximum_delay of _retry_policy must exceed minimum_delay by at least {_LEAST_SPREAD} seconds.")
