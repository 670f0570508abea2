"""Real roles under both sets of rules (http A-2, A-7)."""

import pytest

POST = {"messages": [{"body": 1}]}
CALLS = {
    "look": ("GET", "/v2/queues/q/messages", None),
    "post": ("POST", "/v2/queues/q/messages", POST),
    "claim": ("POST", "/v2/queues/q/claims", {"ttl": 60, "grace": 60}),
    "pop": ("DELETE", "/v2/queues/q/messages?pop=1", None),
    "purge": ("POST", "/v2/queues/q/purge", None),
}
MAY = {"admin-one": set(CALLS), "member-one": set(CALLS), "reader-one": {"look"}, "nobody-one": set()}


@pytest.mark.parametrize("name", MAY)
def test_a_role_may_do_what_the_rules_give_it(ask_ruled, keystone, rules, name):
    token = keystone.any_token(name)

    done = {
        call
        for call, (method, path, json) in CALLS.items()
        if ask_ruled(method, path, token, json=json).status_code < 400
    }

    assert done == (set(CALLS) if rules == "default" else MAY[name])
