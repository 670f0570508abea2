"""Which policy rule guards which request, and a body for those that read one (http section 1)."""

RULES = [
    ("ping:get", "GET", "/v2/ping"),
    ("ping:get", "HEAD", "/v2/ping"),
    ("queues:get_all", "GET", "/v2/queues"),
    ("queues:create", "PUT", "/v2/queues/q"),
    ("queues:get", "GET", "/v2/queues/q"),
    ("queues:update", "PATCH", "/v2/queues/q"),
    ("queues:delete", "DELETE", "/v2/queues/q"),
    ("queues:stats", "GET", "/v2/queues/q/stats"),
    ("queues:purge", "POST", "/v2/queues/q/purge"),
    ("queues:share", "POST", "/v2/queues/q/share"),
    ("messages:create", "POST", "/v2/queues/q/messages"),
    ("messages:get_all", "GET", "/v2/queues/q/messages"),
    ("messages:get_all", "GET", "/v2/queues/q/messages?ids=x"),
    ("messages:delete_all", "DELETE", "/v2/queues/q/messages?ids=x"),
    ("messages:delete_all", "DELETE", "/v2/queues/q/messages?pop=1"),
    ("messages:get", "GET", "/v2/queues/q/messages/x"),
    ("messages:get", "GET", "/v2/queues/q/messages/x/details"),
    ("messages:delete", "DELETE", "/v2/queues/q/messages/x"),
    ("messages:redrive", "POST", "/v2/queues/q/redrive"),
    ("messages:redrive", "GET", "/v2/queues/q/redrive"),
    ("messages:redrive", "GET", "/v2/queues/q/redrive/x"),
    ("messages:redrive", "DELETE", "/v2/queues/q/redrive/x"),
    ("claims:create", "POST", "/v2/queues/q/claims"),
    ("claims:get", "GET", "/v2/queues/q/claims/x"),
    ("claims:update", "PATCH", "/v2/queues/q/claims/x"),
    ("claims:delete", "DELETE", "/v2/queues/q/claims/x"),
]
RULES += [
    ("subscription:get_all", "GET", "/v2/queues/q/subscriptions"),
    ("subscription:create", "POST", "/v2/queues/q/subscriptions"),
    ("subscription:get", "GET", "/v2/queues/q/subscriptions/x"),
    ("subscription:update", "PATCH", "/v2/queues/q/subscriptions/x"),
    ("subscription:delete", "DELETE", "/v2/queues/q/subscriptions/x"),
    ("subscription:confirm", "PUT", "/v2/queues/q/subscriptions/x/confirm"),
    ("subscription:update", "GET", "/v2/queues/q/subscriptions/x/secret"),
    ("subscription:update", "POST", "/v2/queues/q/subscriptions/x/secret"),
    ("subscription:get", "GET", "/v2/queues/q/subscriptions/x/deliveries"),
    ("subscription:update", "POST", "/v2/queues/q/subscriptions/x/deliveries/retry"),
]
RULES += [
    (rule.replace("queues:", "topics:"), method, target.replace("/queues", "/topics"))
    for rule, method, target in RULES
    if "/queues" in target
    and not rule.startswith("claims:")
    and "pop=" not in target
    and rule not in {"queues:share", "messages:redrive"}
]
BODIES = {
    "queues:share": b"{}",
    "messages:create": b'{"messages": [{"body": 1}]}',
    "claims:update": b"{}",
    "queues:update": b"[]",
    "topics:update": b"[]",
    "subscription:create": b'{"subscriber": "http://example.com/new"}',
    "subscription:update": b'{"ttl": 60}',
    "subscription:confirm": b'{"confirmed": true}',
}
