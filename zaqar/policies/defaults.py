"""Every rule there is."""

from oslo_policy import policy

from zaqar.policies import claims, flavors, health, messages, pools, queues, subscriptions, topics
from zaqar.policies.rules import SHARED


def list_rules() -> list[policy.RuleDefault]:
    """Return every rule with its default."""
    nouns = (queues, messages, claims, subscriptions, topics, pools, flavors, health)
    return [*SHARED, *(rule for noun in nouns for rule in noun.RULES)]
