"""Who may do what (http section 14): the rules of a policy file, roles and project from headers."""

import json

import pytest

from tests.api.http_client import PATCH_TYPE, HttpClient
from tests.api.rules import BODIES, RULES
from zaqar.errors import Forbidden
from zaqar.policies import roles


@pytest.fixture
def ruled(configured, tmp_path):
    """Make a client of a service with these rules."""

    def rule(rules: dict[str, str]) -> HttpClient:
        path = tmp_path / "policy.yaml"
        path.write_text(json.dumps(rules))
        return configured(f"[oslo_policy]\npolicy_file = {path}\n")

    return rule


def _as(client: HttpClient, roles: str) -> HttpClient:
    return HttpClient(client.application, client.project, roles=roles)


def _ask(client, rule, method, target):
    return client.request(method, target, BODIES.get(rule, b""), Content_Type=PATCH_TYPE)


def test_everybody_may_do_everything_by_default(client):
    """A-2"""
    for rule, method, target in RULES:
        assert _ask(client, rule, method, target).status != 403, rule


def test_each_rule_guards_its_routes_and_no_others(ruled):
    """A-1"""
    rules = sorted({rule for rule, _, _ in RULES})
    client = ruled({rule: f"role:{rule.replace(':', '-')}" for rule in rules})

    for rule, method, target in RULES:
        others = ",".join(other.replace(":", "-") for other in rules if other != rule)
        refused = _ask(_as(client, others), rule, method, target)
        allowed = _ask(_as(client, rule.replace(":", "-")), rule, method, target)

        assert refused.status == 403, (rule, method)
        assert method == "HEAD" or refused.error == (403, "Not authorized")
        assert allowed.status != 403, (rule, method)


ROLES = {"reader": 0, "member": 1, "admin": 2}


@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_the_rules_of_readers_members_and_administrators_hold_on_every_route(configured, tmp_path, role):
    """A-7"""
    path = tmp_path / "policy.yaml"
    path.write_text(roles.text())
    client = _as(configured(f"[oslo_policy]\npolicy_file = {path}\n"), role)

    for rule, method, target in RULES:
        may = ROLES.get(role, -1) >= ROLES[roles.least_role(rule)]
        assert (_ask(client, rule, method, target).status != 403) is may, (rule, method)


def test_a_refused_request_changes_nothing(ruled):
    """A-1"""
    client = ruled({"queues:create": "!", "messages:create": "!", "queues:delete": "!"})

    refused = (client.create_queue("q"), client.post("q", 1), client.delete_queue("q"))

    assert [outcome.error for outcome in refused] == [Forbidden] * 3
    assert client.list_queues().names == []


def test_who_may_not_post_does_not_create_the_queue(ruled):
    """A-1, O-21"""
    client = ruled({"messages:create": "role:writer"})

    client.post("q", 1)

    assert client.list_queues().names == []


def test_who_may_post_need_not_be_allowed_to_create(ruled):
    """A-1: creating lazily is part of posting."""
    client = ruled({"queues:create": "!"})

    assert client.post("q", 1).is_done


@pytest.mark.parametrize("roles", ["admin", "Admin", "reader,ADMIN", " reader , admin "])
def test_roles_come_from_a_header_in_any_case(ruled, roles):
    """A-5"""
    client = ruled({"queues:get_all": "role:admin"})

    assert _as(client, roles).list_queues().is_done
    assert _as(client, "administrator,reader").list_queues().error is Forbidden
    assert client.list_queues().error is Forbidden


def test_rules_can_speak_of_the_owner(ruled):
    """A-4, O-65"""
    client = ruled({"queues:get_all": "rule:admin_or_owner", "queues:get": "project_id:someone-else"})

    assert client.list_queues().is_done
    assert client.show_queue("q").error is Forbidden


def test_headers_and_method_are_checked_before_the_policy(ruled):
    """A-1, X-4"""
    client = ruled({rule: "!" for rule, _, _ in RULES})

    assert client.request("GET", "/v2/queues", Client_ID=None).status == 400
    assert client.request("PUT", "/v2/queues/$").status == 400
    assert client.request("POST", "/v2/queues").status == 405


def test_versions_and_home_have_no_rule(ruled):
    """A-1"""
    client = ruled({"default": "!", **{rule: "!" for rule, _, _ in RULES}})

    assert client.send("GET", "/").status == 300
    assert client.request("GET", "/v2/").status == 200
