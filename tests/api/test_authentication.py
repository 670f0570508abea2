"""With Keystone, only a token tells whose a request is (http X-24 to X-28)."""

import pytest
from keystonemiddleware.auth_token import _request

from tests.api.authenticated import People, authenticated
from tests.api.http_client import HttpClient
from zaqar.errors import Unavailable
from zaqar.transport.wsgi.authentication import drop_identity

CLIENT = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c"}
FORGED = {
    "X-Project-ID": "two",
    "X-Project-Name": "two",
    "X-Project-Domain-Id": "two",
    "X-Tenant-Id": "two",
    "X-Tenant-Name": "two",
    "X-Tenant": "two",
    "X-User-Id": "root",
    "X-User-Name": "root",
    "X-User-Domain-Id": "root",
    "X-User": "root",
    "X-Roles": "admin",
    "X-Role": "admin",
    "X-Domain-Id": "two",
    "X-Domain-Name": "two",
    "X-Identity-Status": "Confirmed",
    "X-Is-Admin-Project": "True",
    "X-Service-Identity-Status": "Confirmed",
    "X-Service-Project-Id": "two",
    "X-Service-User-Id": "root",
    "X-Service-Roles": "service",
    "X-Service-Catalog": "[]",
    "OpenStack-System-Scope": "all",
}
ADMINISTRATORS_ONLY = '{"queues:stats": "role:admin", "queues:purge": "user_id:root"}'


@pytest.fixture(scope="module")
def people():
    return People()


@pytest.fixture(scope="module")
def application(tmp_path_factory, clock, people):
    folder = tmp_path_factory.mktemp("authenticated")
    (folder / "policy.yaml").write_text(ADMINISTRATORS_ONLY)
    with authenticated(folder, clock, people, f"[oslo_policy]\npolicy_file = {folder}/policy.yaml\n") as made:
        yield made


@pytest.fixture
def ask(application, people):
    people.is_away = None
    client = HttpClient(application)

    def ask(method, target, token=None, body=b"", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.send(method, target, body, {**CLIENT, **({"X-Auth-Token": token} if token else {}), **named})

    return ask


@pytest.mark.parametrize("token", [None, "bad", "member-of-one,member-of-one", "gööd"])
@pytest.mark.parametrize(
    "target", ["/v2/", "/v2/queues", "/v2/ping", "/v2/nope", "/nope", "//", "/v2/queues/q/messages"]
)
def test_without_a_good_token_everything_is_refused(ask, people, token, target):
    """X-26, X-5"""
    answer = ask("GET", target, token)

    assert answer.status == 401
    assert answer.headers["www-authenticate"] == f'Keystone uri="{people.uri}"'
    assert answer.headers["x-openstack-request-id"].startswith("req-")
    assert answer.body["error"]["code"] == 401
    assert answer.body["error"]["title"] == "Unauthorized"
    assert answer.body["error"]["message"]


def test_the_version_list_needs_no_token(ask):
    """X-27, V-2"""
    assert ask("GET", "/").status == 300
    assert ask("GET", "/", "bad").status == 300


@pytest.mark.parametrize("target", ["/v2/queues", "/nope", "/v2/queues/q"])
@pytest.mark.parametrize("token", [None, "bad"])
def test_options_is_never_refused(ask, target, token):
    """X-8"""
    answer = ask("OPTIONS", target, token, X_Project_ID="one")

    assert (answer.status, answer.data) == (200, b"")
    assert "allow" not in answer.headers


def test_options_with_a_token_tells_the_methods(ask):
    """X-8"""
    assert ask("OPTIONS", "/v2/queues", "member-of-one").headers["allow"] == "GET"


def test_the_project_is_the_token_s_whatever_the_client_says(ask):
    """X-25"""
    ask("PUT", "/v2/queues/of-one", "member-of-one", **FORGED)

    assert ask("GET", "/v2/queues", "member-of-one").names == ["of-one"]
    assert ask("GET", "/v2/queues", "member-of-two", X_Project_ID="one", X_Tenant_Id="one", X_Tenant="one").names == []


def test_neither_roles_nor_user_can_be_forged(ask):
    """X-25, A-5"""
    assert ask("GET", "/v2/queues/q/stats", "admin-of-one").status == 200
    assert ask("GET", "/v2/queues/q/stats", "member-of-one", **FORGED).status == 403
    assert ask("POST", "/v2/queues/q/purge", "admin-of-one", **FORGED).status == 403


@pytest.mark.parametrize("header", FORGED)
def test_a_copy_of_an_identity_header_is_dropped(ask, header):
    """X-25"""
    forged = {header: FORGED[header]}

    assert ask("GET", "/v2/queues", **forged).status == 401
    assert ask("GET", "/v2/queues/q/stats", "member-of-one", **forged).status == 403


def test_every_header_that_keystonemiddleware_sets_is_dropped():
    """X-25"""
    names = [*_request._AuthTokenRequest({})._all_auth_headers(), _request._AuthTokenRequest._SYSTEM_SCOPE_HEADER]
    env = {f"HTTP_{name.upper().replace('-', '_')}": "forged" for name in (*names, *FORGED)}
    kept = {"HTTP_X_AUTH_TOKEN": "t", "HTTP_X_SERVICE_TOKEN": "s", "HTTP_X_OPENSTACK_REQUEST_ID": "r", "PATH_INFO": "/"}
    env |= kept

    drop_identity(env)

    assert env == kept


@pytest.mark.parametrize("token", ["admin-of-nothing"])
def test_a_token_of_no_project_is_refused_also_an_administrator_s(ask, token):
    """X-21"""
    answer = ask("GET", "/v2/queues", token, X_Project_ID="one")

    assert answer.error == (400, "Project-Id Missing")
    assert "scope is a project" in answer.body["description"]


def test_the_client_id_is_asked_for_behind_the_token(application):
    """X-4, X-14"""
    client = HttpClient(application)

    assert client.send("GET", "/v2/queues").status == 401
    assert (
        client.send("GET", "/v2/queues", headers={"X-Auth-Token": "member-of-one"}).error[1] == "Missing header value"
    )


def test_extra_spec_replaces_nothing(ask):
    """X-28, O-1"""
    assert ask("GET", "/v2/queues", EXTRA_SPEC="messagecode:1", X_Project_ID="one", X_Roles="admin").status == 401
    assert ask("GET", "/v2/queues", "member-of-one", EXTRA_SPEC="messagecode:1").status == 200


def test_an_empty_signature_replaces_nothing_and_a_bad_one_is_not_found(ask):
    """X-28, O-1, U-13, U-17"""
    assert ask("GET", "/v2/queues", URL_Signature="", X_Project_ID="one").status == 401
    assert ask("GET", "/v2/queues", URL_Signature="0" * 64, X_Project_ID="one", X_Roles="admin").status == 404
    assert ask("GET", "/v2/queues", "member-of-one", URL_Signature="0" * 64).status == 404


def test_keystone_away_is_503_for_unknown_tokens_only(ask, people):
    """X-26, X-35"""
    ask("GET", "/v2/queues", "member-of-one")
    people.is_away = Unavailable("The identity service does not answer.")

    answer = ask("GET", "/v2/queues", "unknown")

    assert answer.error == (503, "Service temporarily unavailable")
    assert answer.headers["retry-after"] == "5"
    assert ask("GET", "/v2/queues", "member-of-one").status == 200
    assert ask("OPTIONS", "/v2/queues", "unknown").status == 200


def test_a_request_is_refused_before_its_body_is_looked_at(ask):
    """X-4"""
    assert (
        ask("POST", "/v2/queues/q/messages", body=b"{", Content_Type="application/x-www-form-urlencoded").status == 401
    )
