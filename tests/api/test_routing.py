"""Which route answers which method (http section 3.1)."""

import pytest

KNOWN = [
    ("/v2/", "GET"),
    ("/v2/ping", "GET, HEAD"),
    ("/v2/queues", "GET"),
    ("/v2/queues/q", "DELETE, GET, PATCH, PUT"),
    ("/v2/queues/q/stats", "GET"),
    ("/v2/queues/q/purge", "POST"),
    ("/v2/queues/q/share", "POST"),
    ("/v2/queues/q/messages", "DELETE, GET, POST"),
    ("/v2/queues/q/messages/m", "DELETE, GET"),
    ("/v2/queues/q/messages/m/details", "GET"),
    ("/v2/queues/q/redrive", "GET, POST"),
    ("/v2/queues/q/redrive/r", "DELETE, GET"),
    ("/v2/queues/q/claims", "POST"),
    ("/v2/queues/q/claims/c", "DELETE, GET, PATCH"),
    ("/v2/topics", "GET"),
    ("/v2/topics/t", "DELETE, GET, PATCH, PUT"),
    ("/v2/topics/t/stats", "GET"),
    ("/v2/topics/t/purge", "POST"),
    ("/v2/topics/t/messages", "DELETE, GET, POST"),
    ("/v2/topics/t/messages/m", "DELETE, GET"),
    ("/v2/topics/t/messages/m/details", "GET"),
]
for _source in ("queues/q", "topics/t"):
    KNOWN += [
        (f"/v2/{_source}/subscriptions", "GET, POST"),
        (f"/v2/{_source}/subscriptions/s", "DELETE, GET, PATCH"),
        (f"/v2/{_source}/subscriptions/s/confirm", "PUT"),
        (f"/v2/{_source}/subscriptions/s/secret", "GET, POST"),
        (f"/v2/{_source}/subscriptions/s/deliveries", "GET"),
        (f"/v2/{_source}/subscriptions/s/deliveries/retry", "POST"),
    ]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
UNBUILT = [
    "/v2/pools",
    "/v2/pools/p",
    "/v2/flavors",
    "/v2/flavors/f",
    "/v2/health",
]


@pytest.mark.parametrize("path", UNBUILT)
def test_what_is_not_built_has_no_route(client, path):
    """Issue 7: 404, not 500."""
    for method in METHODS:
        answer = client.request(method, path, b"{}")
        assert answer.status == 404, method
        if method != "HEAD":
            assert answer.body["title"] == "404 Not Found"
            assert "not built yet" in answer.body["description"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/topicsx",
        "/v2/healthy",
        "/v2/queues/q/sharing",
        "/v2/topics/t/claims",
        "/v2/topics/t/share",
        "/v2/topics/t/redrive",
        "/x/v2/topics",
        "/nope",
        "/v2/nope",
        "/v2//queues",
        "/v2/queues/q/",
        "/v2/queues/q/messages/m/",
    ],
)
def test_an_unknown_route_is_not_found_whoever_asks(client, path):
    """X-2, X-3, X-5"""
    answer = client.send("GET", path, headers={"Accept": "text/html"})

    assert answer.status == 404
    assert answer.body == {"title": "404 Not Found"}
    assert answer.headers["vary"] == "Accept"


def test_the_item_route_with_an_empty_name_is_not_the_collection(client):
    """X-2"""
    assert client.request("GET", "/v2/queues/").error == (400, "Invalid queue identification")
    assert client.request("GET", "/v2/queues/q/messages/").error == (404, "Not found")
    assert client.request("DELETE", "/v2/queues/q/messages/").status == 204


def test_an_encoded_slash_is_a_slash(client):
    """X-3"""
    assert client.request("GET", "/v2/queues/a%2Fstats").body["messages"]["total"] == 0
    assert client.request("PUT", "/v2/queues/a%2Fb").body == {"title": "404 Not Found"}


@pytest.mark.parametrize(("path", "allowed"), KNOWN)
def test_a_known_route_names_its_methods_when_asked_for_another(client, path, allowed):
    """X-6, X-7, C-20: HEAD stays refused, for clients read it as presence (K-5)."""
    for method in METHODS:
        if method in allowed.split(", "):
            continue
        answer = client.request(method, path)
        assert answer.status == 405, method
        assert method == "HEAD" or answer.body == {"title": "405 Method Not Allowed"}
        assert answer.headers["allow"] == f"{allowed}, OPTIONS"


@pytest.mark.parametrize(("path", "_allowed"), KNOWN)
def test_headers_are_checked_before_the_method(client, path, _allowed):
    """X-4, X-6"""
    assert client.request("MOVE" if path == "/" else "PUT", path, Client_ID=None).error == (400, "Missing header value")


def test_a_made_up_method_is_refused(client):
    """X-7"""
    assert client.request("FOO", "/v2/queues/q").status == 400


@pytest.mark.parametrize(("path", "allowed"), KNOWN)
def test_options_name_the_methods(client, path, allowed):
    """X-8, O-53"""
    answer = client.request("OPTIONS", path)

    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["allow"] == allowed
    assert answer.headers["x-openstack-request-id"]


@pytest.mark.parametrize("path", ["/nope", "/v2/queues/q", "/v2/queues/$", "/v2/ping"])
def test_options_are_answered_whoever_asks(client, path):
    """X-8, X-31: without Allow, and without a request id."""
    answer = client.send("OPTIONS", path)

    assert (answer.status, answer.data) == (200, b"")
    assert answer.headers["content-length"] == "0"
    assert "allow" not in answer.headers
    assert "x-openstack-request-id" not in answer.headers
