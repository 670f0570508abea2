"""The sample of rules for readers, members and administrators."""

import re
from pathlib import Path

import pytest
from oslo_policy import policy

from zaqar.context import Context
from zaqar.errors import Forbidden
from zaqar.policies import list_rules, roles

ROOT = Path(__file__).parents[2]
NAMES = [rule.name for rule in list_rules() if isinstance(rule, policy.DocumentedRuleDefault)]
LOOKING = {"queues:get_all", "queues:get", "queues:stats", "messages:get_all", "messages:get", "claims:get", "ping:get"}
USING = {
    "queues:create",
    "queues:update",
    "queues:delete",
    "queues:purge",
    "queues:share",
    "messages:create",
    "messages:delete",
    "messages:delete_all",
    "messages:redrive",
    "claims:create",
    "claims:update",
    "claims:delete",
    "subscription:create",
    "topics:purge",
}
OPERATING = {"pools:get_all", "pools:create", "flavors:delete", "health:get"}


@pytest.fixture
def allows(deployment):
    deployment.write(roles.text())
    in_force = deployment.policy()
    assert in_force.notes == []

    def allows(rule, *names):
        try:
            in_force.check(rule, Context("mine", "c", "r", "somebody", names))
        except Forbidden:
            return False
        return True

    return allows


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("nobody", set()),
        ("service", set()),
        ("reader", LOOKING),
        ("member", LOOKING | USING),
        ("admin", LOOKING | USING | OPERATING),
        ("Admin", LOOKING | USING | OPERATING),
    ],
)
def test_a_role_may_do_what_it_is_for(allows, role, may):
    """Without the roles that Keystone adds to it."""
    assert {rule for rule in LOOKING | USING | OPERATING if allows(rule, role)} == may


def test_every_rule_has_one(deployment):
    stated = set(re.findall(r'^"([a-z]+:[a-z_]+)"', roles.text(), re.MULTILINE))

    assert stated == set(NAMES)
    assert all(roles.check(name) not in ("", "@") for name in NAMES)


def test_the_page_has_the_same_table():
    page = (ROOT / "doc" / "roles.rst").read_text()
    rows = re.findall(r"   \* - ``([a-z_:]+)``\n((?:     -.*\n)+)", page)
    order = [roles.READER, roles.MEMBER, roles.ADMIN]

    found = {name: [cell.removeprefix("     -").strip() for cell in cells.splitlines()] for name, cells in rows}

    assert list(found) == NAMES
    for default in list_rules():
        if default.name in found:
            may = [order.index(role) >= order.index(roles.least_role(default.name)) for role in order]
            may.append(roles.is_for_signed(default.name))
            assert [cell == "yes" for cell in found[default.name][:4]] == may, default.name
            assert found[default.name][4] == ("admin" if default.check_str else "everybody"), default.name


def test_the_sample_is_what_is_made():
    assert (ROOT / "etc" / "policy-reader-member-admin.yaml.sample").read_text() == roles.text()
