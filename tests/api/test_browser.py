"""The fetch of doc/browser.rst, as a browser does it: a preflight, judged by the Fetch standard, then the call."""

import json
import re
from pathlib import Path

import pytest

from tests.api.authenticated import People, authenticated
from tests.api.http_client import HttpClient

ORIGIN = "https://app.example.org"
CORS = f"[cors]\nallowed_origin = {ORIGIN}\n"
PAGE = Path(__file__).parents[2] / "doc" / "browser.rst"
# What a page may send, and read, without leave (Fetch standard, 2.2.2). A JSON Content-Type needs leave, too.
SAFE_METHODS = {"GET", "HEAD", "POST"}
SAFE_TO_READ = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified"}


def named_headers():
    """Return the headers that the page's code sends, without their values."""
    block = re.search(r"headers: \{(.*?)\}", PAGE.read_text(), re.DOTALL)[1]
    return re.findall(r'"([A-Za-z-]+)":', block)


def calls():
    """Return method, path and document of each call of the page's code whose path is written out."""
    found = re.findall(r'call\("([A-Z]+)", "([^"]+)", (\{.*\})\);', PAGE.read_text())
    return [(method, path, json.loads(re.sub(r"(\w+):", r'"\1":', document))) for method, path, document in found]


class Browser:
    """A page of one origin that knows no more of an answer than a browser lets it."""

    def __init__(self, client, origin=ORIGIN):
        self._client = client
        self._origin = origin

    def fetch(self, method, path, body=b"", **headers):
        target, names = f"/v2{path}", sorted(name.lower() for name in headers)
        asked = {
            "Origin": self._origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": ",".join(names),
            "Sec-Fetch-Mode": "cors",
            "Accept": "*/*",
        }
        leave = self._client.send("OPTIONS", target, headers=asked).headers
        self._check_origin(leave)
        if method not in SAFE_METHODS:
            assert method in leave["access-control-allow-methods"].split(",")
        assert set(names) <= {name.strip().lower() for name in leave["access-control-allow-headers"].split(",")}
        answer = self._client.send(
            method, target, body, {**headers, "Origin": self._origin, "Sec-Fetch-Mode": "cors", "Accept": "*/*"}
        )
        self._check_origin(answer.headers)
        return answer

    def _check_origin(self, headers):
        if headers.get("access-control-allow-origin") != self._origin:
            raise PermissionError("the browser keeps the answer to itself")


@pytest.fixture
def browser(configured):
    return Browser(configured(CORS))


@pytest.fixture
def sent():
    values = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}
    return {name: values.get(name, "application/json") for name in named_headers()}


def test_the_calls_of_the_page_get_through(browser, sent):
    """X-30"""
    (post, claim) = calls()

    posted = browser.fetch(post[0], post[1], json.dumps(post[2]).encode(), **sent)
    claimed = browser.fetch(claim[0], claim[1], json.dumps(claim[2]).encode(), **sent)
    deleted = browser.fetch("DELETE", claimed.body["messages"][0]["href"].removeprefix("/v2"), **sent)

    assert (posted.status, claimed.status, deleted.status) == (201, 201, 204)


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_every_header_that_the_service_reads_may_be_sent(browser, sent, method):
    more = {"X-Tenant-Id": "a", "X-Tenant": "a", "X-Roles": "a", "X-User-Id": "a", "EXTRA-SPEC": "messagecode:1"}
    more |= {"X-Auth-Token": "a", "URL-Signature": "", "URL-Expires": "a", "URL-Methods": "a", "URL-Paths": "a"}

    assert browser.fetch(method, "/queues/q", b"{}", **{**sent, **more}).status in {200, 201, 204, 405, 415}


def test_refusals_can_be_read(browser, sent):
    """X-30: also where a header is missing, or the path leads nowhere."""
    assert browser.fetch("POST", "/queues/q/messages", b"{", **sent).status == 400
    assert browser.fetch("GET", "/queues", **{"X-Project-ID": "demo"}).error == (400, "Missing header value")
    assert browser.fetch("GET", "/nope", **sent).status == 404


def test_a_page_learns_that_it_needs_a_token(tmp_path, clock, sent):
    """X-30: CORS stands around authentication."""
    with authenticated(tmp_path, clock, People(), CORS) as application:
        browser = Browser(HttpClient(application))

        assert browser.fetch("GET", "/queues", **sent).status == 401
        assert browser.fetch("GET", "/queues", **sent, **{"X-Auth-Token": "member-of-one"}).status == 200


def test_what_a_page_needs_of_the_headers_can_be_read(browser, sent):
    answer = browser.fetch("PUT", "/queues/q", b"{}", **sent)

    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"location", "retry-after", "accept-patch", "x-openstack-request-id"} <= exposed | SAFE_TO_READ


def test_a_page_of_another_origin_reads_nothing(configured, sent):
    with pytest.raises(PermissionError):
        Browser(configured(CORS), "https://evil.example.org").fetch("GET", "/queues", **sent)


def test_the_answer_to_a_preflight_does_not_grow_with_it(configured):
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": ",".join(["Client-ID", "client-id", "X-Project-ID"] * 2000),
    }

    answer = configured(CORS).send("OPTIONS", "/v2/queues", headers=headers)

    assert len(answer.headers["access-control-allow-headers"]) < 100
