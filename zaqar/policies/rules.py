"""What a default rule is made of."""

import dataclasses

EVERYONE = ""
ADMINISTRATORS = "role:admin"


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule with its default; ``requests`` are those that it decides on, each a method and a path."""

    name: str
    check: str
    description: str
    requests: tuple[str, ...] = ()


SHARED = (
    Rule("context_is_admin", ADMINISTRATORS, "Who counts as an administrator."),
    Rule(
        "admin_or_owner",
        "is_admin:True or project_id:%(project_id)s",
        "Administrators, and whoever belongs to the project.",
    ),
)


def rule(name: str, who: str, description: str, *requests: str) -> Rule:
    """Return a rule that decides on ``requests``."""
    return Rule(name, who, description, requests)
