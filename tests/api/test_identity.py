"""Who asks: Client-ID, project, and the headers that extend them (http sections 3.3 to 3.5)."""

import uuid

import pytest

EVERYWHERE = [
    ("GET", "/v2/"),
    ("GET", "/v2/ping"),
    ("GET", "/v2/queues"),
    ("PUT", "/v2/queues/q"),
    ("GET", "/v2/queues/q/stats"),
    ("POST", "/v2/queues/q/messages"),
    ("POST", "/v2/queues/q/claims"),
    ("DELETE", "/v2/queues/q/claims/c"),
]


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
def test_the_client_id_is_asked_for_everywhere(client, method, path):
    """X-14, X-15"""
    answer = client.request(method, path, Client_ID=None)

    assert answer.error == (400, "Missing header value")
    assert answer.body["description"] == 'The "Client-Id" header is required.'


@pytest.mark.parametrize(
    "value", ["", "x", "3381af92-2b9e-11e3-b191-7186130073", "g" * 32, "1" * 33, "é" * 32, "1" * 31]
)
def test_a_client_id_that_is_no_uuid_is_refused(client, value):
    """X-17"""
    answer = client.request("GET", "/v2/queues", Client_ID=value)

    assert answer.error == (400, "Wrong UUID value")
    assert answer.body["description"].startswith("Malformed hexadecimal UUID. ")
    assert '"Client-ID"' in answer.body["description"]


@pytest.mark.parametrize("value", [None, "", "x"])
def test_a_newcomer_learns_of_all_headers_at_once(client, value):
    """X-15, X-21: the title is that of the first check."""
    answer = client.request("GET", "/v2/queues", Client_ID=value, X_Project_ID=None)

    assert answer.error[1] in {"Missing header value", "Wrong UUID value"}
    assert "Client-I" in answer.body["description"]
    assert '"X-Project-ID"' in answer.body["description"]


@pytest.mark.parametrize("header", ["X_Project_ID", "X_Tenant_Id", "X_Tenant"])
def test_an_empty_project_is_told_in_which_header(client, header):
    answer = client.request("GET", "/v2/queues", **{"X_Project_ID": None, header: ""})

    assert answer.error[1] == "Empty project header not allowed"
    assert f'"{header.replace("_", "-")}"' in answer.body["description"]


SPELLINGS = [
    "3381af92-2b9e-11e3-b191-71861300734c",
    "3381af922b9e11e3b19171861300734c",
    "3381AF92-2B9E-11E3-B191-71861300734C",
    "{3381af92-2b9e-11e3-b191-71861300734c}",
    "urn:uuid:3381af92-2b9e-11e3-b191-71861300734c",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_a_uuid_is_the_same_client(client, spelling):
    """X-16, X-19, K-8, clients K-1"""
    client.request("POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1}]}', Client_ID=SPELLINGS[0])

    assert client.request("GET", "/v2/queues/q/messages", Client_ID=spelling).bodies == []
    assert client.request("GET", "/v2/queues/q/messages", Client_ID=str(uuid.uuid4())).bodies == [1]


@pytest.mark.parametrize("value", ["00000000000000000000000000000000", "f" * 32])
def test_version_and_variant_of_a_uuid_do_not_matter(client, value):
    """X-16"""
    assert client.request("GET", "/v2/queues", Client_ID=value).status == 200


OFF = "[transport]\nclient_id_uuid_safe = off\n"


@pytest.mark.parametrize(("length", "status"), [(9, 400), (10, 200), (36, 200), (37, 400)])
def test_any_text_of_a_length_may_be_a_client_id(configured, length, status):
    """X-18"""
    assert configured(OFF).request("GET", "/v2/queues", Client_ID="x" * length).status == status


def test_a_client_id_of_another_length_is_told_so(configured):
    """X-18, O-29: same title, another description."""
    text = f"{OFF}min_length_client_id = 3\nmax_length_client_id = 5\n"

    answer = configured(text).request("GET", "/v2/queues", Client_ID="xx")

    assert answer.error == (400, "Wrong UUID value")
    assert "3 to 5" in answer.body["description"]
    assert configured(text).request("GET", "/v2/queues", Client_ID="xxx").status == 200


def test_client_ids_that_are_no_uuids_are_compared_as_texts(configured):
    """X-19, O-28"""
    client = configured(OFF)
    posted = client.request("POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1}]}', Client_ID="worker-one")

    assert posted.status == 201
    assert client.request("GET", "/v2/queues/q/messages", Client_ID="worker-one").bodies == []
    assert client.request("GET", "/v2/queues/q/messages", Client_ID="Worker-one").bodies == [1]


def test_uuids_are_compared_as_uuids_where_any_text_may_do(configured):
    """X-19"""
    client = configured(OFF)
    client.request("POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1}]}', Client_ID=SPELLINGS[0])

    assert client.request("GET", "/v2/queues/q/messages", Client_ID=SPELLINGS[1]).bodies == []


@pytest.mark.parametrize(("method", "path"), EVERYWHERE)
def test_the_project_is_asked_for_everywhere(client, method, path):
    """X-20, X-21"""
    assert client.request(method, path, X_Project_ID=None).error == (400, "Project-Id Missing")
    assert client.request(method, path, X_Project_ID="").error == (400, "Empty project header not allowed")


def test_the_client_id_is_looked_at_before_the_project(client):
    """X-4"""
    assert client.request("GET", "/v2/queues", Client_ID="x", X_Project_ID=None).error == (400, "Wrong UUID value")


def test_legacy_headers_name_the_project_where_the_usual_one_is_absent(client):
    """X-20"""
    client.create_queue("q")
    usual = client.project

    for headers in ({"X_Tenant_Id": usual}, {"X_Tenant": usual}, {"X_Tenant_Id": usual, "X_Tenant": "other"}):
        assert client.request("GET", "/v2/queues", X_Project_ID=None, **headers).names == ["q"]
    assert client.request("GET", "/v2/queues", X_Tenant_Id="other").names == ["q"]
    assert client.request("GET", "/v2/queues", X_Project_ID="", X_Tenant_Id=usual).status == 400


@pytest.mark.parametrize("project", ["with space", "a/b", "ümlaut", "%2F", "'; --", "*", "a" * 256])
def test_a_project_id_may_contain_anything(client, project):
    """X-22"""
    assert client.request("PUT", "/v2/queues/q", X_Project_ID=project).status in {201, 204}
    assert client.request("GET", "/v2/queues", X_Project_ID=project).names == ["q"]


def test_a_project_id_has_a_length_where_a_queue_is_named(client):
    """X-23"""
    long = "p" * 257

    assert client.request("PUT", "/v2/queues/q", X_Project_ID=long).error == (400, "Invalid queue identification")
    assert client.request("GET", "/v2/queues", X_Project_ID=long).status == 200


NAMES = ["a", "A-Z_09.x", "x" * 64, "-", "_", "...", ".a", "a."]


@pytest.mark.parametrize("name", NAMES)
def test_a_queue_name_that_may_be(client, name):
    """X-23, D-5"""
    assert client.create_queue(name).is_new
    assert client.list_queues().names == [name]


BAD_NAMES = [
    "x" * 65,
    "a b",
    "a%20b",
    "a$",
    "%C3%A9",
    "%ff",
    "q%0A",
    "a:b",
    ".",
    "..",
    "a%00",
    "a,b",
    "*",
    "a%25",
    "~q",
]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("GET", ""), ("DELETE", ""), ("GET", "/stats"), ("POST", "/messages")]
)
def test_a_queue_name_that_cannot_be(client, method, path, name):
    """X-23, O-50"""
    answer = client.request(method, f"/v2/queues/{name}{path}")

    assert answer.error == (400, "Invalid queue identification")
    assert client.list_queues().names == []


@pytest.mark.parametrize("value", ["", ":", ":data", "no colon", "messagecode:123456"])
def test_extra_data_without_a_scheme_or_of_a_known_scheme_passes(client, value):
    """X-29, O-71"""
    assert client.request("GET", "/v2/queues", EXTRA_SPEC=value).status == 200


def test_extra_data_of_an_unknown_scheme_is_refused(client):
    """X-29, O-71"""
    assert client.request("GET", "/v2/queues", EXTRA_SPEC="unknown:data").error == (400, "Invalid API request")
    assert client.request("PUT", "/v2/queues/$", EXTRA_SPEC="unknown:data").error[1] == "Invalid queue identification"


def test_a_signature_opens_nothing_where_there_is_no_key(client):
    """U-13, U-16, U-17, X-4: a 404, before any other check."""
    answer = client.send("GET", "/v2/queues", headers={"URL-Signature": "abc", "Accept": "text/html"})

    assert (answer.status, answer.body) == (404, {"title": "404 Not Found"})
    assert client.request("GET", "/v2/queues", URL_Signature="").status == 200


def test_odd_headers_are_ignored(client):
    """Clients K-2"""
    answer = client.request("PUT", "/v2/queues/q", location="{'location': None}", X_Odd="\x80 é", X_Roles=",, ,")

    assert answer.status == 201


CORS = "[cors]\nallowed_origin = https://dashboard.example.org\n"


def test_an_allowed_origin_is_answered_even_by_a_refusal(configured):
    """X-30"""
    client = configured(CORS)

    seen = client.request("GET", "/v2/queues", Origin="https://dashboard.example.org")
    refused = client.send("GET", "/v2/queues", headers={"Origin": "https://dashboard.example.org"})

    assert (seen.status, refused.status) == (200, 400)
    for answer in (seen, refused):
        assert answer.headers["access-control-allow-origin"] == "https://dashboard.example.org"
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "X-OpenStack-Request-ID" in answer.headers["access-control-expose-headers"]
        assert "Origin" in answer.headers["vary"]


def test_a_preflight_needs_no_credentials(configured):
    """X-30"""
    headers = {
        "Origin": "https://dashboard.example.org",
        "Access-Control-Request-Method": "DELETE",
        "Access-Control-Request-Headers": "Client-ID, X-Auth-Token",
    }

    answer = configured(CORS).send("OPTIONS", "/v2/queues/q", headers=headers)

    assert answer.status == 200
    assert answer.headers["access-control-allow-methods"] == "DELETE"
    assert "client-id" in answer.headers["access-control-allow-headers"].lower()
    assert answer.headers["access-control-max-age"] == "3600"


def test_no_origin_is_answered_until_one_is_allowed(client, configured):
    """X-30"""
    other = configured(CORS).request("GET", "/v2/queues", Origin="https://evil.example.org")
    off = client.request("GET", "/v2/queues", Origin="https://dashboard.example.org")

    for answer in (other, off):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
