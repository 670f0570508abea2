"""``[transport]``: the bounds and defaults of requests."""

from oslo_config import cfg

from zaqar.config import encryption
from zaqar.config.groups import Group
from zaqar.limits import MIN_CLAIM_GRACE, MIN_CLAIM_TTL, MIN_MESSAGE_TTL, MIN_SUBSCRIPTION_TTL, Limits

_DEFAULT = Limits()


def _seconds(name: str, default: int, least: int, text: str) -> cfg.Opt:
    return cfg.IntOpt(name, default=default, min=least, help=f"{text}, in seconds; {least} or more.")


def _number(name: str, default: int, text: str) -> cfg.Opt:
    return cfg.IntOpt(name, default=default, min=1, help=f"{text}; 1 or more.")


_TIMES = [
    _seconds(
        "default_message_ttl",
        _DEFAULT.default_message_ttl,
        MIN_MESSAGE_TTL,
        "Lifetime of a message where neither the post nor its queue has one; never more than max_message_ttl",
    ),
    _seconds(
        "default_message_delay",
        _DEFAULT.default_message_delay,
        0,
        "Delay of a message where neither the post nor its queue has one; 0 is off, never more than max_message_delay",
    ),
    _seconds(
        "default_claim_ttl",
        _DEFAULT.default_claim_ttl,
        MIN_CLAIM_TTL,
        "Lifetime of a claim that names none; never more than max_claim_ttl",
    ),
    _seconds(
        "default_claim_grace",
        _DEFAULT.default_claim_grace,
        MIN_CLAIM_GRACE,
        "Grace of a claim that names none; never more than max_claim_grace",
    ),
    _seconds(
        "default_subscription_ttl",
        _DEFAULT.default_subscription_ttl,
        MIN_SUBSCRIPTION_TTL,
        "Lifetime of a subscription that names none, and of what a subscriber is sent who does not confirm any more",
    ),
    _seconds("max_message_ttl", _DEFAULT.max_message_ttl, MIN_MESSAGE_TTL, "Longest lifetime of a message"),
    _seconds("max_message_delay", _DEFAULT.max_message_delay, 0, "Longest delay of a message"),
    _seconds("max_claim_ttl", _DEFAULT.max_claim_ttl, MIN_CLAIM_TTL, "Longest lifetime of a claim"),
    _seconds("max_claim_grace", _DEFAULT.max_claim_grace, MIN_CLAIM_GRACE, "Longest grace of a claim"),
]

_SIZES = [
    _number("max_queues_per_page", _DEFAULT.max_queues_per_page, "Most queues, or topics, on one page"),
    _number(
        "max_messages_per_page",
        _DEFAULT.max_messages_per_page,
        "Most messages on one page, and most ids in one request to get or delete",
    ),
    _number("max_subscriptions_per_page", _DEFAULT.max_subscriptions_per_page, "Most subscriptions on one page"),
    _number("max_flavors_per_page", 20, "Most flavors on one page (not built yet)"),
    _number("max_pools_per_page", 20, "Most pools on one page (not built yet)"),
    _number(
        "max_messages_per_claim_or_pop",
        _DEFAULT.max_messages_per_claim_or_pop,
        "Most messages in one claim or one pop",
    ),
    _number(
        "max_queue_metadata", _DEFAULT.max_queue_metadata, "Largest body, in bytes, of a request with queue metadata"
    ),
    _number(
        "max_messages_post_size", _DEFAULT.max_messages_post_size, "Largest body, in bytes, of a request that posts"
    ),
]

_CLIENTS = [
    cfg.StrOpt(
        "client_id_uuid_safe",
        default="strict",
        choices=[("strict", "a UUID"), ("off", "any text within the two bounds of length")],
        help="What the header Client-ID must be.",
    ),
    _number("min_length_client_id", 10, "Fewest characters of a Client-ID where client_id_uuid_safe is off"),
    _number("max_length_client_id", 36, "Most characters of a Client-ID where client_id_uuid_safe is off"),
    cfg.BoolOpt(
        "message_delete_with_claim_id",
        default=_DEFAULT.message_delete_with_claim_id,
        help="Refuse to delete messages by ids without the ids of their claims.",
    ),
    cfg.ListOpt(
        "subscriber_types",
        default=list(_DEFAULT.subscriber_types),
        help="URL schemes that a new subscriber may have; those that are there are told whatever it says.",
    ),
]

GROUP = Group(
    "transport",
    [*_TIMES, *_SIZES, *_CLIENTS, *encryption.OPTIONS],
    idle=frozenset({"max_flavors_per_page", "max_pools_per_page"}),
)


def limits(conf: cfg.ConfigOpts) -> Limits:
    """Return what the operator allows, no default being above its own bound."""
    group = conf.transport
    return Limits(
        default_message_ttl=min(group.default_message_ttl, group.max_message_ttl),
        default_message_delay=min(group.default_message_delay, group.max_message_delay),
        default_claim_ttl=min(group.default_claim_ttl, group.max_claim_ttl),
        default_claim_grace=min(group.default_claim_grace, group.max_claim_grace),
        max_queues_per_page=group.max_queues_per_page,
        max_messages_per_page=group.max_messages_per_page,
        max_messages_per_claim_or_pop=group.max_messages_per_claim_or_pop,
        max_queue_metadata=group.max_queue_metadata,
        max_messages_post_size=group.max_messages_post_size,
        max_message_ttl=group.max_message_ttl,
        max_message_delay=group.max_message_delay,
        max_claim_ttl=group.max_claim_ttl,
        max_claim_grace=group.max_claim_grace,
        default_subscription_ttl=group.default_subscription_ttl,
        max_subscriptions_per_page=group.max_subscriptions_per_page,
        subscriber_types=tuple(group.subscriber_types),
        message_delete_with_claim_id=group.message_delete_with_claim_id,
        enable_checksum=conf.enable_checksum,
        notifies=conf.notification.enabled,
        require_confirmation=conf.notification.require_confirmation,
    )
