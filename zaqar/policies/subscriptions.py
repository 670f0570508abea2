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
        "Show a subscription, and what is on record of its deliveries.",
        "GET /v2/queues/{queue_name}/subscriptions/{subscription_id}",
        "GET /v2/topics/{topic_name}/subscriptions/{subscription_id}",
        "GET /v2/queues/{queue_name}/subscriptions/{subscription_id}/deliveries",
        "GET /v2/topics/{topic_name}/subscriptions/{subscription_id}/deliveries",
    ),
    rule(
        "subscription:update",
        EVERYONE,
        "Change a subscription, show or rotate its secret, have what fails tried now.",
        "PATCH /v2/queues/{queue_name}/subscriptions/{subscription_id}",
        "PATCH /v2/topics/{topic_name}/subscriptions/{subscription_id}",
        "GET /v2/queues/{queue_name}/subscriptions/{subscription_id}/secret",
        "GET /v2/topics/{topic_name}/subscriptions/{subscription_id}/secret",
        "POST /v2/queues/{queue_name}/subscriptions/{subscription_id}/secret",
        "POST /v2/topics/{topic_name}/subscriptions/{subscription_id}/secret",
        "POST /v2/queues/{queue_name}/subscriptions/{subscription_id}/deliveries/retry",
        "POST /v2/topics/{topic_name}/subscriptions/{subscription_id}/deliveries/retry",
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
