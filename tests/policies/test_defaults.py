"""The rules of the specification, with their defaults (http A-2 to A-4)."""

import pytest
from oslo_policy import policy

from zaqar import policies

VERBS = {
    "queues": "get_all create get update delete stats purge share",
    "messages": "create get_all get delete delete_all redrive",
    "claims": "create get update delete",
    "subscription": "get_all create get update delete confirm",
    "topics": "get_all create get update delete stats purge",
    "pools": "get_all create get update delete",
    "flavors": "get_all create get update delete",
    "ping": "get",
    "health": "get",
}
ADMINISTRATORS = {f"pools:{verb}" for verb in VERBS["pools"].split()} | {
    "health:get",
    "flavors:create",
    "flavors:update",
    "flavors:delete",
}
RULES = [f"{noun}:{verb}" for noun, verbs in VERBS.items() for verb in verbs.split()]


def _checks():
    return {rule.name: rule.check_str for rule in policies.list_rules()}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_has_the_default_of_the_specification(rule):
    assert _checks()[rule] == ("role:admin" if rule in ADMINISTRATORS else "")


def test_the_shared_rules_are_those_of_the_specification():
    assert _checks()["context_is_admin"] == "role:admin"
    assert _checks()["admin_or_owner"] == "is_admin:True or project_id:%(project_id)s"


def test_there_are_no_other_rules():
    assert set(_checks()) == {*RULES, "context_is_admin", "admin_or_owner"}


def test_every_rule_of_a_request_is_documented():
    rules = [rule for rule in policies.list_rules() if ":" in rule.name]

    assert all(isinstance(rule, policy.DocumentedRuleDefault) for rule in rules)
    assert all(operation["path"].startswith("/v2/") for rule in rules for operation in rule.operations)
