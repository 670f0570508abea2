"""Queues."""

from zaqar.policies.rules import EVERYONE, rule

RULES = (
    rule("queues:get_all", EVERYONE, "List the queues of a project.", "GET /v2/queues"),
    rule("queues:create", EVERYONE, "Create a queue.", "PUT /v2/queues/{queue_name}"),
    rule("queues:get", EVERYONE, "Show a queue's metadata.", "GET /v2/queues/{queue_name}"),
    rule("queues:update", EVERYONE, "Change a queue's metadata.", "PATCH /v2/queues/{queue_name}"),
    rule("queues:delete", EVERYONE, "Delete a queue with its messages.", "DELETE /v2/queues/{queue_name}"),
    rule("queues:stats", EVERYONE, "Count a queue's messages.", "GET /v2/queues/{queue_name}/stats"),
    rule(
        "queues:purge",
        EVERYONE,
        "Remove all messages or subscriptions of a queue.",
        "POST /v2/queues/{queue_name}/purge",
    ),
    rule("queues:share", EVERYONE, "Make a pre-signed URL.", "POST /v2/queues/{queue_name}/share"),
)
