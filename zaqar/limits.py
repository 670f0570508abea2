"""The bounds of requests, as values and pure functions (http section 2.1, 2.3).

Each check returns nothing and raises ``Invalid`` with a sentence that names the bound.
"""

import re

import msgspec

from zaqar.errors import Invalid, InvalidQueueName, InvalidTopicName
from zaqar.models import QueueKey

DEFAULT_PAGE = 10
DEFAULT_CLAIM = 10
MIN_MESSAGE_TTL = 60
MIN_CLAIM_TTL = 60
MIN_CLAIM_GRACE = 60
MIN_SUBSCRIPTION_TTL = 60
LAST_SECOND = 253_402_300_799
"""Of the year 9999, since 1970."""
MOST_OPTIONS = 65_536
"""Bytes of the options of a subscription, as JSON without blanks."""
LARGEST_SUBSCRIPTION = 2 * MOST_OPTIONS
"""Bytes of a request with a subscription; clients write blanks, and escapes for what is not ASCII."""
MAX_NAME_LENGTH = 64
MAX_PROJECT_LENGTH = 256
# What every server should take (RFC 9110, 4.1: 8,000), and beyond it the ids of a page: "&ids=" and 30 digits each.
LEAST_ADDRESS = 8190
ID_IN_ADDRESS = 35

_NAME = re.compile(r"[A-Za-z0-9_.\-]{1,64}\Z")


class Limits(msgspec.Struct, frozen=True):
    """What the operator allows. Sizes in bytes, times in seconds; the defaults are those of the options."""

    default_message_ttl: int = 3600
    default_message_delay: int = 0
    default_claim_ttl: int = 300
    default_claim_grace: int = 60
    max_queues_per_page: int = 20
    max_messages_per_page: int = 20
    max_messages_per_claim_or_pop: int = 20
    max_queue_metadata: int = 65536
    max_messages_post_size: int = 262144
    max_message_ttl: int = 1209600
    max_message_delay: int = 900
    max_claim_ttl: int = 43200
    max_claim_grace: int = 43200
    default_subscription_ttl: int = 3600
    max_subscriptions_per_page: int = 20
    subscriber_types: tuple[str, ...] = ("http", "https", "mailto", "trust+http", "trust+https", "queue")
    message_delete_with_claim_id: bool = False
    enable_checksum: bool = False
    notifies: bool = True
    """Whether subscribers are told of what is posted."""
    require_confirmation: bool = False
    """Whether subscribers have to confirm first."""

    @property
    def longest_address(self) -> int:
        """Return the bytes of the longest path with a query that a client has use for: one with a page of ids."""
        page = max(self.max_messages_per_page, self.max_messages_per_claim_or_pop)
        return LEAST_ADDRESS + ID_IN_ADDRESS * page

    @property
    def largest_body(self) -> int:
        """Return the bytes of the longest body that any operation takes."""
        return max(self.max_messages_post_size, self.max_queue_metadata, LARGEST_SUBSCRIPTION)


def check_queue(queue: QueueKey) -> None:
    """Refuse a name or a project id that cannot be one (http X-23, O-50)."""
    refusal = InvalidQueueName if queue.kind == "queue" else InvalidTopicName
    if len(queue.project) > MAX_PROJECT_LENGTH:
        raise refusal(f"Project ids (the X-Project-ID header) are at most {MAX_PROJECT_LENGTH} characters long.")
    if not _NAME.match(queue.name) or queue.name in (".", ".."):
        raise refusal(
            f"{queue.kind.capitalize()} names are 1 to {MAX_NAME_LENGTH} of the characters A-Z a-z 0-9 _ - . "
            'and neither "." nor "..".'
        )


def check_range(name: str, value: int, *, least: int, most: int) -> None:
    """Refuse a value outside ``least``..``most``, both allowed."""
    if not least <= value <= most:
        raise Invalid(f"{name} must be between {least} and {most}, both included; it is {value}.")


def page_size(limit: int | None, *, most: int, default: int = DEFAULT_PAGE) -> int:
    """Return the number of items to show, the smaller of default and maximum when none is asked for (http O-76)."""
    if limit is None:
        return min(default, most)
    check_range("limit", limit, least=1, most=most)
    return limit
