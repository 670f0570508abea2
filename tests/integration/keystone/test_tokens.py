"""Tokens of a real Keystone (http X-25 to X-28)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.process import running_server, wait_until

CACHE_SECONDS = 4


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def service(request, keystone, tmp_path_factory):
    settings = keystone.settings(token_cache_time=CACHE_SECONDS)
    engine = {"server": {"workers": 1, "threads": 16, "engine": request.param}}
    with running_server(tmp_path_factory.mktemp("service"), {**settings, **engine}) as running:
        yield running


@pytest.fixture
def ask(service):
    return Caller(service)


def test_the_start_line_says_who_authenticates(service, keystone):
    assert f"authentication by Keystone at {keystone.uri}\n" in service.log


@pytest.mark.parametrize("name", ["admin-one", "member-one", "reader-one", "nobody-one"])
def test_a_token_opens_its_project(ask, keystone, name):
    """By default the policy lets every role do everything (http A-2)."""
    ask("PUT", "/v2/queues/shared", keystone.any_token("member-one"))

    answer = ask("GET", "/v2/queues", keystone.any_token(name), X_Project_ID=keystone.ids["project", "two"])

    assert [queue["name"] for queue in answer.json()["queues"]] == ["shared"]


def test_a_token_opens_no_other_project(ask, keystone):
    ask("PUT", "/v2/queues/shared", keystone.any_token("member-one"))
    forged = dict.fromkeys(("X_Project_ID", "X_Tenant_Id", "X_Tenant"), keystone.ids["project", "one"])

    assert ask("GET", "/v2/queues", keystone.any_token("member-two"), **forged).json()["queues"] == []


@pytest.mark.parametrize(
    "token",
    [None, "gAAAA" + "x" * 180, "x", "a b", "x" * 8000, "../users", "%00", b"\xe9\xff", "eyJhbGciOiJFUzI1NiJ9.e30.x"],
)
def test_without_a_token_of_keystone_nothing_is_served(ask, keystone, token):
    answer = ask("GET", "/v2/queues", token, X_Project_ID="one", X_Roles="admin", X_Identity_Status="Confirmed")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{keystone.uri}"'
    assert answer.json()["error"]["title"] == "Unauthorized"


@pytest.mark.parametrize(
    "copies", [("X-Project-Id", "X-Project-Id"), ("X_Project_Id",), ("x-project-id", "X-PROJECT-ID", "X_PROJECT_ID")]
)
def test_identity_headers_sent_twice_or_misspelt_count_for_nothing(service, keystone, copies):
    """http X-25"""
    forged = "".join(f"{name}: {keystone.ids['project', 'one']}\r\n" for name in copies)
    token = keystone.any_token("member-two")
    Caller(service)("PUT", "/v2/queues/of-one", keystone.any_token("member-one"))

    with service.connect() as connection:
        connection.sendall(
            f"GET /v2/queues HTTP/1.1\r\nHost: a\r\nConnection: close\r\nClient-ID: {'1' * 32}\r\n{forged}"
            f"X-Auth-Token: {token}\r\n{forged}\r\n".encode()
        )
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"of-one" not in answer


@pytest.mark.parametrize(
    "scope", [{}, {"domain": {"id": "default"}}, {"system": {"all": True}}], ids=["unscoped", "domain", "system"]
)
def test_a_token_of_no_project_is_refused_also_an_administrator_s(ask, keystone, scope):
    """http X-25, X-21"""
    user = keystone.ids["user", "admin-one"]
    role = keystone.ids["role", "admin"]
    keystone.ask("PUT", f"/domains/default/users/{user}/roles/{role}")
    keystone.ask("PUT", f"/system/users/{user}/roles/{role}")

    answer = ask("GET", "/v2/queues", keystone.token("admin-one", scope=scope), X_Project_ID="one")

    assert (answer.status_code, answer.json()["title"]) == (400, "Project-Id Missing")


def test_many_requests_with_a_new_token_cost_one_validation(ask, keystone):
    token = keystone.token("member-one")
    before = keystone.validations()

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask("GET", "/v2/queues", token).status_code, range(16)))

    assert answers == [200] * 16
    assert keystone.validations() == before + 1


def test_a_revoked_token_is_refused_within_the_time_of_the_cache(ask, keystone):
    token = keystone.token("member-one")
    assert ask("GET", "/v2/queues", token).ok
    keystone.revoke(token)
    revoked = time.monotonic()

    wait_until(lambda: ask("GET", "/v2/queues", token).status_code == 401, what="the refusal")

    assert time.monotonic() - revoked < CACHE_SECONDS + 2


def test_a_token_beside_a_service_token_is_validated_each_time(ask, keystone):
    token, service_token = keystone.any_token("member-one"), keystone.any_token("zaqar")
    before = keystone.validations()

    for _ in range(2):
        assert ask("GET", "/v2/queues", token, X_Service_Token=service_token).ok
    assert keystone.validations() == before + 4
    assert ask("GET", "/v2/queues", token, X_Service_Token="forged").status_code == 401
    assert ask("GET", "/v2/queues", token, X_Service_Token=keystone.any_token("admin-one")).status_code == 401


def test_access_rules_hold_for_every_request(ask, keystone, service):
    """http X-25"""
    keystone.publish_once(service.url)
    secret = keystone.narrow("member-one", method="GET", path="/v2/queues")

    token = keystone.token_of(secret)

    for _ in range(2):
        assert ask("GET", "/v2/queues", token).status_code == 200
        assert ask("PUT", "/v2/queues/q", token).status_code == 401
        assert ask("GET", "/v2/queues/q", token).status_code == 401


def test_the_version_list_and_options_need_no_token(ask, service):
    """http X-27, X-8"""
    assert requests.get(f"{service.url}/", timeout=30).status_code == 300
    assert requests.options(f"{service.url}/v2/queues", timeout=30).status_code == 200
    assert requests.options(f"{service.url}/nope", timeout=30).status_code == 200
