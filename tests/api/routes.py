"""A request for each route of the table that is right in every respect, and how it is answered."""

from typing import Any, NamedTuple


class Right(NamedTuple):
    """A request that is right in every respect, and its answer."""

    status: int
    body: Any = None
    query: str = ""
    has_rule: bool = True
    is_public: bool = False
    """It looks at no signature."""
    is_bound: bool = False
    """No signature opens it, or only that of a confirmation, which no test of all routes has (http S-34, S-43)."""


RIGHT = {
    ("/", "GET"): Right(300, has_rule=False, is_public=True),
    ("/v2", "GET"): Right(200, has_rule=False),
    ("/v2/", "GET"): Right(200, has_rule=False),
    ("/healthcheck", "GET"): Right(200, has_rule=False, is_public=True),
    ("/healthcheck", "HEAD"): Right(200, has_rule=False, is_public=True),
    ("/healthcheck/live", "GET"): Right(200, has_rule=False, is_public=True),
    ("/healthcheck/live", "HEAD"): Right(200, has_rule=False, is_public=True),
    ("/confirm", "GET"): Right(404, has_rule=False, is_public=True),
    ("/confirm", "HEAD"): Right(404, has_rule=False, is_public=True),
    ("/v2/ping", "GET"): Right(204),
    ("/v2/ping", "HEAD"): Right(204),
    ("/v2/queues", "GET"): Right(200),
    ("/v2/queues/{queue_name}", "GET"): Right(200),
    ("/v2/queues/{queue_name}", "PUT"): Right(204),
    ("/v2/queues/{queue_name}", "PATCH"): Right(200, []),
    ("/v2/queues/{queue_name}", "DELETE"): Right(204),
    ("/v2/queues/{queue_name}/stats", "GET"): Right(200),
    ("/v2/queues/{queue_name}/purge", "POST"): Right(204),
    ("/v2/queues/{queue_name}/share", "POST"): Right(200, {}),
    ("/v2/queues/{queue_name}/messages", "GET"): Right(200),
    ("/v2/queues/{queue_name}/messages", "POST"): Right(201, {"messages": [{"body": 1}]}),
    ("/v2/queues/{queue_name}/messages", "DELETE"): Right(200, query="pop=1"),
    ("/v2/queues/{queue_name}/messages/{message_id}", "GET"): Right(200),
    ("/v2/queues/{queue_name}/messages/{message_id}", "DELETE"): Right(204),
    ("/v2/queues/{queue_name}/messages/{message_id}/details", "GET"): Right(200),
    ("/v2/queues/{queue_name}/redrive", "GET"): Right(200),
    ("/v2/queues/{queue_name}/redrive", "POST"): Right(202, {}),
    ("/v2/queues/{queue_name}/redrive/{redrive_id}", "GET"): Right(200),
    ("/v2/queues/{queue_name}/redrive/{redrive_id}", "DELETE"): Right(204),
    ("/v2/queues/{queue_name}/claims", "POST"): Right(201),
    ("/v2/queues/{queue_name}/claims/{claim_id}", "GET"): Right(200),
    ("/v2/queues/{queue_name}/claims/{claim_id}", "PATCH"): Right(204, {}),
    ("/v2/queues/{queue_name}/claims/{claim_id}", "DELETE"): Right(204),
    ("/v2/topics", "GET"): Right(200),
    ("/v2/topics/{topic_name}", "GET"): Right(200),
    ("/v2/topics/{topic_name}", "PUT"): Right(204),
    ("/v2/topics/{topic_name}", "PATCH"): Right(200, []),
    ("/v2/topics/{topic_name}", "DELETE"): Right(204),
    ("/v2/topics/{topic_name}/stats", "GET"): Right(200),
    ("/v2/topics/{topic_name}/purge", "POST"): Right(204),
    ("/v2/topics/{topic_name}/messages", "GET"): Right(200),
    ("/v2/topics/{topic_name}/messages", "POST"): Right(201, {"messages": [{"body": 1}]}),
    ("/v2/topics/{topic_name}/messages", "DELETE"): Right(204, query="ids=x"),
    ("/v2/topics/{topic_name}/messages/{message_id}", "GET"): Right(200),
    ("/v2/topics/{topic_name}/messages/{message_id}", "DELETE"): Right(204),
    ("/v2/topics/{topic_name}/messages/{message_id}/details", "GET"): Right(200),
}

for _every in ("/v2/queues/{queue_name}/subscriptions", "/v2/topics/{topic_name}/subscriptions"):
    _one = f"{_every}/{{subscription_id}}"
    RIGHT |= {
        (_every, "GET"): Right(200),
        (_every, "POST"): Right(201, {"subscriber": "http://example.com/new"}),
        (_one, "GET"): Right(200),
        (_one, "PATCH"): Right(204, {"ttl": 6000}),
        (_one, "DELETE"): Right(204),
        (f"{_one}/confirm", "PUT"): Right(204, {"confirmed": True}, is_bound=True),
        (f"{_one}/secret", "GET"): Right(200, is_bound=True),
        (f"{_one}/secret", "POST"): Right(200, is_bound=True),
        (f"{_one}/deliveries", "GET"): Right(200),
        (f"{_one}/deliveries/retry", "POST"): Right(204),
    }
