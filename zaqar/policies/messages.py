"""Messages of queues and topics."""

from zaqar.policies.rules import EVERYONE, rule

RULES = (
    rule(
        "messages:create",
        EVERYONE,
        "Post messages.",
        "POST /v2/queues/{queue_name}/messages",
        "POST /v2/topics/{topic_name}/messages",
    ),
    rule(
        "messages:get_all",
        EVERYONE,
        "List messages, or get several by their ids.",
        "GET /v2/queues/{queue_name}/messages",
        "GET /v2/topics/{topic_name}/messages",
    ),
    rule(
        "messages:get",
        EVERYONE,
        "Get one message, or what is known of it.",
        "GET /v2/queues/{queue_name}/messages/{message_id}",
        "GET /v2/topics/{topic_name}/messages/{message_id}",
        "GET /v2/queues/{queue_name}/messages/{message_id}/details",
        "GET /v2/topics/{topic_name}/messages/{message_id}/details",
    ),
    rule(
        "messages:delete",
        EVERYONE,
        "Delete one message.",
        "DELETE /v2/queues/{queue_name}/messages/{message_id}",
        "DELETE /v2/topics/{topic_name}/messages/{message_id}",
    ),
    rule(
        "messages:delete_all",
        EVERYONE,
        "Delete several messages by their ids, or pop messages.",
        "DELETE /v2/queues/{queue_name}/messages",
        "DELETE /v2/topics/{topic_name}/messages",
    ),
    rule(
        "messages:redrive",
        EVERYONE,
        "Bring the dead letters of a queue back, show how far that is, or cancel it.",
        "POST /v2/queues/{queue_name}/redrive",
        "GET /v2/queues/{queue_name}/redrive",
        "GET /v2/queues/{queue_name}/redrive/{redrive_id}",
        "DELETE /v2/queues/{queue_name}/redrive/{redrive_id}",
    ),
)
