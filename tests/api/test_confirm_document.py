"""The page on which subscribers confirm as a document: what browsers are told of it, and who can read it (http section 9.8)."""

import base64
import hashlib
import re

import pytest

from tests.api.http_client import HttpClient
from tests.api.links import REQUIRED, Page, linked, opened, path_of
from tests.api.notified import notified
from tests.api.signed import KEY
from tests.api.subscribed import subscribed


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, f"{KEY}{REQUIRED}") as made:
        yield made


def policy_of(answer):
    """Return the directives of a Content-Security-Policy."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


@pytest.mark.parametrize("project", ['"><script>alert(1)</script>', "a&amp;'b`", "é\x85x", "${queue}", "$$ {0}"])
def test_what_comes_from_outside_is_text(service, clock, project):
    """S-63"""
    client = HttpClient(service.client.application, project)
    link = linked(project, path_of(subscribed(client, ttl=600)), clock.now() + 600)

    page = Page(opened(client, link, Host='"><script>'))

    assert page.status == 200
    assert page.link["data-project"] == project
    assert f"in the project {' '.join(project.split())} " in page.text
    assert [tag for tag, _ in page.tags].count("script") == 1


def test_what_is_not_signed_is_not_shown(service, clock):
    """S-63: Url and Queue are what anybody may have written into the link."""
    made = subscribed(service.client, ttl=600)
    said = {"Url": "https://evil.example.org/", "Queue": "evil"}

    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600, **said)))

    assert page.status == 200
    assert "evil" not in page.answer.data.decode()


@pytest.mark.parametrize("kind", ["good", "wrong"])
def test_a_browser_is_told_to_load_nothing_frame_nothing_and_keep_nothing(service, clock, kind):
    """S-63"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600) if kind == "good" else "/confirm"

    answer = opened(service.client, link)

    policy = policy_of(answer)
    assert (
        policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == ["'none'"]
    )
    assert policy["connect-src"] == ["'self'"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("kind", ["good", "wrong"])
def test_a_browser_runs_what_stands_in_the_page_and_nothing_else(service, clock, kind):
    """S-63"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600) if kind == "good" else "/confirm"

    answer = opened(service.client, link)

    policy = policy_of(answer)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.data.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy[directive] == [f"'sha256-{digest}'"]
    assert not [attributes for _, attributes in Page(answer).tags if {"src", "style", "onclick"} & attributes.keys()]


def test_it_can_be_read_on_a_telephone_aloud_and_in_the_dark(service, clock):
    """S-63"""
    made = subscribed(service.client, ttl=600)
    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600)))

    assert ("html", {"lang": "en"}) in page.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in page.tags
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in page.tags
    assert {attributes.get("role") for _, attributes in page.tags} >= {"status", "alert"}
    assert "noscript" in dict(page.tags)


def test_without_javascript_the_button_is_off_and_a_sentence_says_what_to_do(service, clock):
    """S-62"""
    made = subscribed(service.client, ttl=600)
    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600)))

    assert all("disabled" in attributes for tag, attributes in page.tags if tag == "button")
    assert "<noscript><p>The button needs JavaScript" in page.answer.data.decode()
