"""Every rule there is."""

from oslo_policy import policy

from zaqar.policies import claims, flavors, health, messages, pools, queues, subscriptions, topics
from zaqar.policies.rules import SHARED, Rule

RULES: tuple[Rule, ...] = (
    *SHARED,
    *(
        rule
        for noun in (queues, messages, claims, subscriptions, topics, pools, flavors, health)
        for rule in noun.RULES
    ),
)


def list_rules() -> list[policy.RuleDefault]:
    """Return every rule with its default, as oslo.policy and its sample generator know rules."""
    return [_known_to_library(rule) for rule in RULES]


def _known_to_library(rule: Rule) -> policy.RuleDefault:
    if not rule.requests:
        return policy.RuleDefault(rule.name, rule.check, rule.description)
    return policy.DocumentedRuleDefault(
        rule.name, rule.check, rule.description, [_operation(request) for request in rule.requests]
    )


def _operation(request: str) -> policy.Operation:
    method, path = request.split(" ")
    return {"method": method, "path": path}
