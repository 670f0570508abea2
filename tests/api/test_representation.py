"""How requests and answers look (http sections 3.2 and 3.5)."""

import re

import pytest

from tests.api.http_client import PATCH_TYPE


@pytest.mark.parametrize(
    "accepted",
    [
        None,
        "",
        "*/*",
        "application/*",
        "application/json",
        "text/html, application/json;q=0.1",
        "application/json;q=1.0",
        "application/json,",
        ",,application/json",
        "*/*,",
        ",",
        'application/json;profile="a,b"',
        'text/html;x="\\"a,b\\"", application/json',
        "Application/JSON",
        "APPLICATION/*",
        "application/json; charset=utf-8",
        "application/json ; Q=0.5",
        "application/json;q=",
        "*; q=.2",
        "application/json, nonsense",
        "nonsense",
        "*/*;q=0, application/json",
        "application/json;profile=x;q=0, application/json",
        "text/*;q=0, application/*;q=0.5, */*;q=0",
    ],
)
def test_json_is_given_to_who_accepts_it(client, accepted):
    """X-9"""
    assert client.request("GET", "/v2/queues", Accept=accepted).status == 200


@pytest.mark.parametrize(
    "accepted",
    [
        "text/html",
        "application/xml",
        "application/json;q=0",
        "application/json;q=0.000",
        "text/*",
        "text/html,",
        'text/html;x="a, application/json"',
        'text/html;x="a, application/json',
        "application/json;q=0, */*",
        "APPLICATION/JSON;Q=0, application/*",
        "application/*;q=0, */*",
        "text/html, */json",
    ],
)
@pytest.mark.parametrize("path", ["/", "/v2/queues", "/v2/queues/q/messages"])
def test_who_does_not_accept_json_gets_none(client, path, accepted):
    """X-9, X-13"""
    answer = client.request("GET", path, Accept=accepted)

    assert answer.status == 406
    assert answer.headers["vary"] == "Accept"


def test_the_accept_check_comes_before_the_client_id(client):
    """X-4"""
    assert client.send("GET", "/v2/queues", headers={"Accept": "text/html"}).status == 406


def test_success_is_plain_json_in_utf_8(client):
    """X-10: non-ASCII characters stand for themselves."""
    client.request("PUT", "/v2/queues/q", '{"title": "Größe €"}'.encode())

    answer = client.request("GET", "/v2/queues/q")

    assert answer.headers["content-type"] == "application/json"
    assert "Größe €".encode() in answer.data


def test_nothing_comes_without_a_length_or_type(client):
    """X-10"""
    created, repeated = client.request("PUT", "/v2/queues/q"), client.request("PUT", "/v2/queues/q")

    assert (created.status, created.data, created.headers["content-length"]) == (201, b"", "0")
    assert (repeated.status, repeated.data) == (204, b"")
    assert "content-type" not in repeated.headers
    assert "content-length" not in repeated.headers


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "Application/X-WWW-Form-URLEncoded",
        "application/x-www-form-urlencoded; charset=utf-8",
        "application/x-www-form-urlencoded;",
        " application/x-www-form-urlencoded ;a=b",
    ],
)
def test_a_form_is_refused(client, content_type):
    """X-11, X-4: before the Client-ID is looked at; also with a length of 0."""
    for length, body in (("2", b"{}"), ("0", b"")):
        answer = client.send(
            "PUT", "/v2/queues/q", body, headers={"Content-Type": content_type, "Content-Length": length}
        )
        assert answer.error == (400, "Invalid Content-Type")


def test_the_type_of_a_form_is_no_matter_without_a_length(client):
    """X-11"""
    assert client.request("PUT", "/v2/queues/a", Content_Type="application/x-www-form-urlencoded").status == 201


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml", "application/json; charset=latin-1"])
def test_any_other_type_is_read_as_json(client, content_type):
    """X-12"""
    assert client.request("PUT", "/v2/queues/q", b'{"a": 1}', Content_Type=content_type).status == 201
    assert client.show_queue("q").metadata["a"] == 1


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_body_that_nobody_asked_for_is_ignored(client, method):
    """Clients K-4"""
    answer = client.request(method, "/v2/queues/q", b'{"subscriber": 1', Content_Type="application/json")

    assert answer.status < 300


def test_errors_are_objects_with_title_and_description(client):
    """X-13, clients K-8"""
    answer = client.request("GET", "/v2/queues/q/messages/unknown")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"
    assert set(answer.body) == {"title", "description"}


@pytest.mark.parametrize("path", ["/", "/nope", "/v2/queues", "/v2/queues/$", "/v2/queues/q/claims"])
def test_every_answer_has_a_request_id_of_its_own(client, path):
    """X-31"""
    seen = {client.request("GET", path).headers["x-openstack-request-id"] for _ in range(3)}

    assert len(seen) == 3
    for request_id in seen:
        assert re.fullmatch(r"req-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", request_id)


def test_a_global_request_id_is_not_echoed(client):
    """X-31"""
    sent = "req-6f2f8a4e-3a6f-4a05-9a5f-4ff6cf8f8a11"

    answer = client.request("GET", "/v2/queues", X_OpenStack_Request_ID=sent)

    assert answer.headers["x-openstack-request-id"] != sent


def test_there_are_no_microversions(client):
    """X-32"""
    answer = client.request("GET", "/v2/queues", OpenStack_API_Version="messaging 9.9")

    assert answer.status == 200
    assert not [name for name in answer.headers if "version" in name]


def test_references_are_paths_without_the_mount_prefix(client):
    """X-33, clients K-7"""
    headers = client.headers()
    mounted = {"SCRIPT_NAME": "/messaging"}

    created = client.send("PUT", "/v2/queues/q", headers=headers, environment=mounted)
    posted = client.send("POST", "/v2/queues/q/messages", b'{"messages":[{"body":1}]}', headers, mounted)
    listed = client.send("GET", "/v2/queues/q/messages?echo=true", headers=headers, environment=mounted)
    claimed = client.send("POST", "/v2/queues/q/claims", headers=headers, environment=mounted)

    assert created.location == "/v2/queues/q"
    assert posted.location.startswith("/v2/queues/q/messages?ids=")
    assert posted.body["resources"][0].startswith("/v2/queues/q/messages/")
    assert listed.body["links"][0]["href"].startswith("/v2/queues/q/messages?")
    assert claimed.location.startswith("/v2/queues/q/claims/")


@pytest.mark.parametrize("media_type", [None, "application/json", "application/json-patch+json", "text/plain", ""])
def test_a_patch_of_another_media_type_is_refused(client, media_type):
    """Q-33, O-26"""
    client.create_queue("q")

    answer = client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=media_type)

    assert answer.error == (415, "415 Unsupported Media Type")
    assert answer.headers["accept-patch"] == PATCH_TYPE
    assert (media_type or "there is none") in answer.body["description"]


@pytest.mark.parametrize("media_type", [PATCH_TYPE.upper(), f"{PATCH_TYPE}; charset=utf-8", f"{PATCH_TYPE};"])
def test_the_media_type_of_a_patch_may_be_spelled_freely(client, media_type):
    """O-27"""
    client.create_queue("q")

    assert client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=media_type).status == 200


def test_the_checks_of_a_patch_come_in_order(client):
    """Q-30: size, media type, body, operations, queue."""
    long = b"[" + b" " * 65536 + b"]"

    assert client.request("PATCH", "/v2/queues/q", long).error == (400, "Invalid request body")
    assert client.request("PATCH", "/v2/queues/q").status == 415
    assert client.request("PATCH", "/v2/queues/q", b"[1]", Content_Type=PATCH_TYPE).status == 400
    assert client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=PATCH_TYPE).status == 404
