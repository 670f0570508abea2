"""Subscriptions to queues and topics; the rules' prefix is singular."""

from zaqar.policies.rules import EVERYONE, rule

RULES = (
    rule(
        "subscription:get_all",
        EVERYONE,
        "List subscriptions.",
        "GET /v2/queues/{queue_name}/subscriptions",
        "GET /v2/topics/{topic_name}/subscriptions",
    ),
    rule(
        "subscription:create",
        EVERYONE,
        "Subscribe.",
        "POST /v2/queues/{queue_name}/subscriptions",
        "POST /v2/topics/{topic_name}/subscriptions",
    ),
    rule(
        "subscription:get",
        EVERYONE,
        "Show a subscription.",
        "GET /v2/queues/{queue_name}/subscriptions/{subscription_id}",
        "GET /v2/topics/{topic_name}/subscriptions/{subscription_id}",
    ),
    rule(
        "subscription:update",
        EVERYONE,
        "Change a subscription.",
        "PATCH /v2/queues/{queue_name}/subscriptions/{subscription_id}",
        "PATCH /v2/topics/{topic_name}/subscriptions/{subscription_id}",
    ),
    rule(
        "subscription:delete",
        EVERYONE,
        "Unsubscribe.",
        "DELETE /v2/queues/{queue_name}/subscriptions/{subscription_id}",
        "DELETE /v2/topics/{topic_name}/subscriptions/{subscription_id}",
    ),
    rule(
        "subscription:confirm",
        EVERYONE,
        "Confirm a subscription, or take the confirmation back.",
        "PUT /v2/queues/{queue_name}/subscriptions/{subscription_id}/confirm",
        "PUT /v2/topics/{topic_name}/subscriptions/{subscription_id}/confirm",
    ),
)
