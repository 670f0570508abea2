"""Another set of rules than the defaults: who may read, who may work, who may operate.

The defaults let every role of a project do everything with its queues (http A-2). These are for deployments whose roles mean
what Keystone's own do: ``etc/policy-reader-member-admin.yaml.sample`` is made of them.
"""

from collections.abc import Iterator

from oslo_policy import policy

from zaqar.policies.defaults import list_rules
from zaqar.policies.rules import ADMINISTRATORS

READER, MEMBER, ADMIN = "reader", "member", "admin"

_READING = frozenset(("get", "get_all", "stats"))
_SIGNED = ("messages:", "claims:", "subscription:")
"""What a pre-signed URL may be about: a signature opens its own paths and methods, and brings no role."""

_HEAD = """\
# Reader, member, admin: copy this to /etc/zaqar/policy.yaml, or name it in [oslo_policy] policy_file.
#
# A reader looks and changes nothing. A member uses queues: posts, claims, deletes. An admin of a project is a member there, and
# operates the service. Made by etc/samples; doc/roles.rst has the table.
"""
_SHARED = {
    MEMBER: ("role:member or rule:context_is_admin", "Whoever uses queues."),
    READER: ("role:reader or rule:member", "Whoever looks at them."),
    "signed": ("signed:True", "Requests by a pre-signed URL, for the paths and methods that it names."),
}


def least_role(name: str) -> str:
    """Return the role that a rule asks for at least."""
    noun, _, verb = name.partition(":")
    if _default(name).check_str == ADMINISTRATORS:
        return ADMIN
    return READER if verb in _READING or noun == "ping" else MEMBER


def is_for_signed(name: str) -> bool:
    """Tell whether the rule lets a pre-signed URL pass."""
    return name.startswith(_SIGNED)


def check(name: str) -> str:
    """Return the rule as it stands in a policy file."""
    role = least_role(name)
    if role == ADMIN:
        return "rule:context_is_admin"
    return f"rule:{role} or rule:signed" if is_for_signed(name) else f"rule:{role}"


def text() -> str:
    """Return the whole policy file."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    yield f'# Whoever operates the service.\n"context_is_admin": "{ADMINISTRATORS}"\n'
    for name, (rule, description) in _SHARED.items():
        yield f'# {description}\n"{name}": "{rule}"\n'
    for default in list_rules():
        if isinstance(default, policy.DocumentedRuleDefault):
            requests = "".join(f"# {each['method']} {each['path']}\n" for each in default.operations)
            yield f'# {default.description}\n{requests}"{default.name}": "{check(default.name)}"\n'


def _default(name: str) -> policy.RuleDefault:
    return next(default for default in list_rules() if default.name == name)
