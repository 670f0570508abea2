"""The real clients with real tokens: the ``openstack`` command and openstacksdk find the service in the catalogue."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence

import openstack
import openstack.exceptions
import pytest
from openstack.message.v2.claim import Claim

from tests.integration.keystone.server import PASSWORD
from tests.integration.process import running_server

pytestmark = pytest.mark.filterwarnings("ignore")

# Each command as ``openstack`` runs it, without starting Python anew for each.
SHELL = """
import contextlib, io, json, sys
from openstackclient import shell
for words in json.loads(sys.argv[1]):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = shell.main(words)
    print(json.dumps([status, out.getvalue()]), flush=True)
"""
ME = ("--client-id", uuid.uuid4().hex)


@pytest.fixture(scope="module")
def service(keystone, tmp_path_factory):
    settings = {**keystone.settings(), "server": {"workers": 2}, "trustee": keystone.trustee()}
    with running_server(tmp_path_factory.mktemp("service"), settings) as running:
        keystone.publish(running.url)
        yield running


def _variables(keystone, name: str) -> dict[str, str]:
    return {
        "OS_AUTH_URL": keystone.uri,
        "OS_USERNAME": name,
        "OS_PASSWORD": PASSWORD,
        "OS_PROJECT_NAME": name.partition("-")[2],
        "OS_USER_DOMAIN_ID": "default",
        "OS_PROJECT_DOMAIN_ID": "default",
        "OS_IDENTITY_API_VERSION": "3",
        "OS_REGION_NAME": "RegionOne",
    }


@pytest.fixture
def commands(service, keystone, tmp_path):
    """Run commands as a user and return status and output of each."""

    def run(name: str, *lines: Sequence[str]) -> list[tuple[int, str]]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SHELL, json.dumps(lines)],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env={**clean, **_variables(keystone, name), "HOME": str(tmp_path)},
        )
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(lines), done.stdout + done.stderr
        return [(status, text) for status, text in answers]

    return run


def _messaging(*words: str, form: str = "") -> list[str]:
    return ["messaging", *words, *(["-f", form] if form else [])]


def test_the_command_line_works_from_queue_to_claim(commands):
    """clients K-28"""
    body = json.dumps([{"body": {"n": 1}, "ttl": 300}, {"body": "two", "ttl": 300}])
    answers = commands(
        "member-one",
        _messaging("ping", form="json"),
        _messaging("homedoc"),
        _messaging("queue", "create", "jobs", form="json"),
        _messaging("queue", "list", form="json"),
        _messaging("queue", "set", "metadata", "jobs", '{"colour": "red"}'),
        _messaging("queue", "get", "metadata", "jobs", form="json"),
        _messaging("message", "post", "jobs", body, *ME),
        _messaging("message", "list", "jobs", "--echo", *ME, form="json"),
        _messaging("claim", "create", "jobs", "--limit", "1", form="json"),
        _messaging("queue", "stats", "jobs", form="json"),
        _messaging("queue", "purge", "jobs"),
        _messaging("queue", "delete", "jobs"),
    )

    assert [status for status, _ in answers] == [0] * len(answers), answers
    texts = [text for _, text in answers]
    assert json.loads(texts[0]) == [{"Pingable": True}] or json.loads(texts[0])["Pingable"] is True
    assert "rel/queues" in texts[1]
    assert [queue["Name"] for queue in json.loads(texts[3])] == ["jobs"]
    assert "red" in texts[5]
    assert len(json.loads(texts[7])) == 2
    assert len(json.loads(texts[8])) == 1
    assert "1" in texts[9]


def test_a_claim_is_queried_renewed_and_released_from_the_command_line(commands, keystone, service):
    """clients K-28"""
    body = json.dumps([{"body": 1, "ttl": 300}])
    (_, claimed) = commands(
        "member-one",
        _messaging("message", "post", "claims", body, *ME),
        _messaging("claim", "create", "claims", form="json"),
    )[1]
    claim = json.loads(claimed)[0]["Claim_ID"]

    answers = commands(
        "member-one",
        _messaging("claim", "query", "claims", claim, form="json"),
        _messaging("claim", "renew", "claims", claim, "--ttl", "120"),
        _messaging("claim", "release", "claims", claim),
        _messaging("message", "list", "claims", "--echo", *ME, form="json"),
    )

    assert [status for status, _ in answers] == [0] * 4, answers
    assert len(json.loads(answers[3][1])) == 1


def test_another_project_sees_nothing_of_it(commands):
    commands("member-one", _messaging("queue", "create", "private"))

    (listing,) = commands("member-two", _messaging("queue", "list", form="json"))

    assert listing[0] == 0
    assert "private" not in listing[1]


@pytest.fixture
def connection(service, keystone):
    made = openstack.connect(
        load_envvars=False,
        load_yaml_config=False,
        auth_type="password",
        region_name="RegionOne",
        auth={
            "auth_url": keystone.uri,
            "username": "member-one",
            "password": PASSWORD,
            "project_name": "one",
            "user_domain_id": "default",
            "project_domain_id": "default",
        },
    )
    with made:
        yield made


def test_the_sdk_posts_claims_and_deletes(connection):
    message = connection.message
    message.create_queue(name="sdk")

    ids = message.post_message("sdk", [{"body": {"n": 1}, "ttl": 60}, {"body": "two", "ttl": 60}])
    claim = Claim.new(queue_name="sdk", ttl=60, grace=60, limit=2).create(message)
    shown = message.get_claim("sdk", claim.id)
    message.delete_message("sdk", shown.messages[0]["id"], claim.id)
    message.delete_claim("sdk", claim.id)

    assert len(ids) == 2
    assert [found.body for found in message.messages("sdk", echo=True)] == ["two"]
    assert "sdk" in [queue.name for queue in message.queues()]
    message.delete_queue("sdk")
    with pytest.raises(openstack.exceptions.NotFoundException):
        message.get_claim("sdk", claim.id)


def test_the_sdk_subscribes_a_service_that_wants_a_token(connection, keystone):
    """notifications N-47"""
    message, workflows = connection.message, "trust+https://mistral.example.org/v2/executions"

    made = message.create_subscription("sdk", subscriber=workflows, ttl=600, options={"post_data": "{}"})
    shown = message.get_subscription("sdk", made.id)
    trust = keystone.ask("GET", f"/OS-TRUST/trusts/{shown.options['trust_id']}")["trust"]
    message.delete_subscription("sdk", made.id)

    assert (shown.subscriber, shown.options["post_data"]) == (workflows, "{}")
    assert trust["trustor_user_id"] == keystone.ids["user", "member-one"]
    assert trust["id"] not in [one["id"] for one in keystone.ask("GET", "/OS-TRUST/trusts")["trusts"]]
    with pytest.raises(openstack.exceptions.NotFoundException):
        message.get_subscription("sdk", made.id)


def test_the_sdk_goes_on_with_a_new_token_after_its_own_was_revoked(connection, keystone):
    """A 401 makes keystoneauth ask for another token."""
    list(connection.message.queues())
    keystone.revoke(connection.session.get_token())

    assert isinstance(list(connection.message.queues()), list)
