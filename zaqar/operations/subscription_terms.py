"""What a subscription may be: its subscriber, its lifetime, its options (http S-5 to S-11, notifications N-14 to N-18)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from zaqar.errors import Invalid
from zaqar.limits import LAST_SECOND, MIN_SUBSCRIPTION_TTL, MOST_OPTIONS, Limits
from zaqar.models import QueueKey
from zaqar.operations.metadata import check_dead_letters
from zaqar.operations.retry_policy import check_retry_policy

Parse = Callable[[str, Mapping[str, Any], QueueKey], None]
"""Refuses a subscriber with its options that cannot be subscribed to a source. Raises ``Invalid``."""


class KindRule(NamedTuple):
    """What a kind of subscriber asks of a subscription."""

    parse: Parse
    can_be_asked: bool = True
    """Whether its subscribers can be asked to confirm."""
    is_always_asked: bool = False
    """Whether they have to confirm, whatever the operator wants of others."""


_OWN_HEADERS = ("host", "content-length", "transfer-encoding", "connection")
_OWN_PREFIX = "webhook-"
"""Of the headers that tell and prove what is sent, and from when it is."""
_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z").match
_has_control = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search


class Terms:
    """Reads what clients want, which may be any JSON. ``now``: the second since 1970."""

    def __init__(self, *, limits: Limits, now: Callable[[], int], kinds: Mapping[str, KindRule]) -> None:
        self._limits = limits
        self._now = now
        self._kinds = kinds

    def subscriber(self, value: object) -> str:
        """Return whom to tell, as it was given. Raises ``Invalid``."""
        if value is None:
            raise Invalid('Missing parameter subscriber, as in {"subscriber": "https://example.com/hook"}.')
        if not isinstance(value, str) or not value:
            raise Invalid("subscriber must be a URI, such as https://example.com/hook.")
        scheme = _scheme(value) if ":" in value else None
        types = [name.lower() for name in self._limits.subscriber_types]
        if scheme not in types:
            raise Invalid(f"The type of the subscriber must be supported in the list {', '.join(types)}.")
        if scheme not in self._kinds:
            raise Invalid(f"There are no subscribers of the type {scheme}.")
        return value

    def check(self, source: QueueKey, subscriber: str, options: Mapping[str, Any]) -> None:
        """Refuse what cannot go together. Raises ``Invalid``."""
        rule = self._kinds.get(_scheme(subscriber))
        if rule is not None:  # else it was subscribed while its kind was installed
            rule.parse(subscriber, options, source)
        check_dead_letters(source, options, self._limits)

    def has_to_agree(self, subscriber: str) -> bool:
        """Tell whether a subscriber is told nothing before it has confirmed."""
        rule = self._kinds.get(_scheme(subscriber))
        if rule is not None and not rule.can_be_asked:
            return False
        return self._limits.require_confirmation or (rule is not None and rule.is_always_asked)

    def answers_itself(self, subscriber: str) -> bool:
        """Tell whether nobody else can confirm for a subscriber: whoever is asked whatever the operator wants of others."""
        rule = self._kinds.get(_scheme(subscriber))
        return rule is not None and rule.is_always_asked

    def ttl(self, value: object) -> int:
        """Return for how many seconds it is to be there. Raises ``Invalid``."""
        if value is None:
            return self._limits.default_subscription_ttl
        if type(value) is not int:  # True is an int to isinstance
            raise Invalid("The ttl of a subscription must be an integer.")
        if value < MIN_SUBSCRIPTION_TTL:
            raise Invalid(f"The ttl of a subscription must be at least {MIN_SUBSCRIPTION_TTL} seconds; it is {value}.")
        if self._now() + value > LAST_SECOND:
            raise Invalid("The ttl of a subscription must end before the year 10000.")
        return value

    def options(self, value: object) -> dict[str, Any]:
        """Return how it is to be told; null and an empty array are no options (http O-46). Raises ``Invalid``."""
        if value is None or value == []:
            return {}
        if not isinstance(value, dict):
            raise Invalid("The options of a subscription must be a dict.")
        size = len(msgspec.json.encode(value))
        if size > MOST_OPTIONS:
            raise Invalid(f"The options of a subscription are limited to {MOST_OPTIONS} bytes; these have {size}.")
        if not isinstance(value.get("post_data", ""), str):
            raise Invalid("post_data of the options must be a string.")
        _check_headers(value.get("post_headers", {}))
        check_retry_policy(value.get("_retry_policy"))
        return value


def _scheme(subscriber: str) -> str:
    return subscriber.partition(":")[0].lower()


def _check_headers(headers: object) -> None:
    if not isinstance(headers, Mapping) or not all(isinstance(value, str) for value in headers.values()):
        raise Invalid("post_headers of the options must be an object of strings.")
    for name, value in headers.items():
        if not _is_token(name):
            raise Invalid("A name in post_headers of the options is none that a header can have.")
        if name.lower() in _OWN_HEADERS or name.lower().startswith(_OWN_PREFIX):
            raise Invalid(f"post_headers of the options cannot set {name[:50]}: the service does.")
        if _has_control(value):
            raise Invalid(f"The header {name[:50]} in post_headers of the options has a control character in it.")
