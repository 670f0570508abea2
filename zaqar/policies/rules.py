"""What a default rule is made of."""

from typing import TypedDict

from oslo_policy import policy

EVERYONE = ""
ADMINISTRATORS = "role:admin"

SHARED = (
    policy.RuleDefault("context_is_admin", ADMINISTRATORS, description="Who counts as an administrator."),
    policy.RuleDefault(
        "admin_or_owner",
        "is_admin:True or project_id:%(project_id)s",
        description="Administrators, and whoever belongs to the project.",
    ),
)


class _Operation(TypedDict):
    method: str
    path: str


def rule(name: str, who: str, description: str, *requests: str) -> policy.DocumentedRuleDefault:
    """Return the default of one rule; each of ``requests`` is a method and a path."""
    return policy.DocumentedRuleDefault(name, who, description, [_operation(request) for request in requests])


def _operation(request: str) -> _Operation:
    method, path = request.split(" ")
    return {"method": method, "path": path}
