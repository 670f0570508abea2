"""Real roles under both sets of rules (http A-2, A-7)."""

import shutil
from pathlib import Path

import pytest

from tests.integration.keystone.conftest import Caller
from tests.integration.process import running_server

SAMPLE = Path(__file__).parents[3] / "etc" / "policy-reader-member-admin.yaml.sample"
POST = {"messages": [{"body": 1}]}
CALLS = {
    "look": ("GET", "/v2/queues/q/messages", None),
    "post": ("POST", "/v2/queues/q/messages", POST),
    "claim": ("POST", "/v2/queues/q/claims", {"ttl": 60, "grace": 60}),
    "pop": ("DELETE", "/v2/queues/q/messages?pop=1", None),
    "purge": ("POST", "/v2/queues/q/purge", None),
}
MAY = {"admin-one": set(CALLS), "member-one": set(CALLS), "reader-one": {"look"}, "nobody-one": set()}


@pytest.fixture(scope="module", params=["default", "reader-member-admin"])
def rules(request):
    return request.param


@pytest.fixture(scope="module")
def ask(rules, keystone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    settings = {**keystone.settings(), "server": {"workers": 1}}
    if rules != "default":
        shutil.copy(SAMPLE, folder / "policy.yaml")
        settings["oslo_policy"] = {"policy_file": folder / "policy.yaml"}
    with running_server(folder, settings) as service:
        yield Caller(service)


@pytest.mark.parametrize("name", MAY)
def test_a_role_may_do_what_the_rules_give_it(ask, keystone, rules, name):
    token = keystone.any_token(name)

    done = {
        call for call, (method, path, json) in CALLS.items() if ask(method, path, token, json=json).status_code < 400
    }

    assert done == (set(CALLS) if rules == "default" else MAY[name])
