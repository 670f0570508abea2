"""Who may do what: oslo.policy rules, one module per noun, and their enforcement."""

from zaqar.policies.defaults import list_rules
from zaqar.policies.enforcer import Policy

__all__ = ["Policy", "list_rules"]
