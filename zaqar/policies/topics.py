"""Topics."""

from zaqar.policies.rules import EVERYONE, rule

RULES = (
    rule("topics:get_all", EVERYONE, "List the topics of a project.", "GET /v2/topics"),
    rule("topics:create", EVERYONE, "Create a topic.", "PUT /v2/topics/{topic_name}"),
    rule("topics:get", EVERYONE, "Show a topic's metadata.", "GET /v2/topics/{topic_name}"),
    rule("topics:update", EVERYONE, "Change a topic's metadata.", "PATCH /v2/topics/{topic_name}"),
    rule("topics:delete", EVERYONE, "Delete a topic with its messages.", "DELETE /v2/topics/{topic_name}"),
    rule("topics:stats", EVERYONE, "Count a topic's messages.", "GET /v2/topics/{topic_name}/stats"),
    rule(
        "topics:purge",
        EVERYONE,
        "Remove all messages or subscriptions of a topic.",
        "POST /v2/topics/{topic_name}/purge",
    ),
)
