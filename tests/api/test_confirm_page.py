"""The page to which links in confirmations lead (http section 9.8): what it says, and that looking at it does nothing."""

import contextlib

import pytest

from tests.api.authenticated import People, authenticated
from tests.api.http_client import HttpClient
from tests.api.links import REQUIRED, Page, linked, opened, path_of
from tests.api.notified import notified
from tests.api.signed import KEY
from tests.api.subscribed import HOOK, change, confirm, show, subscribed

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, f"{KEY}{REQUIRED}") as made:
        yield made


@every_source
def test_who_has_not_answered_is_asked(service, clock, source):
    """S-60"""
    made = subscribed(service.client, source, ttl=600)

    page = Page(opened(service.client, linked(service.client.project, path_of(made, source), clock.now() + 600)))

    assert page.status == 200
    assert "Confirm your subscription" in page.text
    kind, _, name = source.partition("s/")
    assert f"the messages of the {kind} {name} in the project {service.client.project}" in page.text
    assert page.text.endswith("close this page. Confirm")


def test_the_script_is_told_what_the_service_wants_to_be_sent(service, clock):
    """S-62"""
    made = subscribed(service.client, ttl=600)
    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600)))

    told = page.link
    answer = service.client.send(
        "PUT",
        told["data-paths"],
        b'{"confirmed": true}',
        {
            "URL-Signature": told["data-signature"],
            "URL-Methods": told["data-methods"],
            "URL-Paths": told["data-paths"],
            "URL-Expires": told["data-expires"],
            "X-Project-ID": told["data-project"],
            "Client-ID": service.client.client_id,
        },
    )

    assert answer.status == 204
    assert show(service.client, made).body["confirmed"] is True


@every_source
def test_who_has_confirmed_can_unsubscribe_and_come_back(service, clock, source):
    """S-60"""
    made = subscribed(service.client, source, ttl=600)
    link = linked(service.client.project, path_of(made, source), clock.now() + 600)

    seen = []
    for confirmed in (True, False, True):
        confirm(service.client, made, confirmed, source)
        seen.append(Page(opened(service.client, link)).text)

    assert [text.startswith("You are subscribed") for text in seen] == [True, False, True]
    assert [text.startswith("You are unsubscribed") for text in seen] == [False, True, False]
    assert [text.rpartition(". ")[2] for text in seen] == ["Unsubscribe", "Subscribe again", "Unsubscribe"]


def test_another_subscriber_has_not_answered_yet(service, clock):
    """S-60, notifications N-65"""
    made = subscribed(service.client, ttl=600)
    confirm(service.client, made, False)
    change(service.client, made, subscriber=f"{HOOK}/2")
    ((_, _), (_, _), (_, asked)) = service.asked()

    page = Page(opened(service.client, linked(service.client.project, path_of(made), asked.expires)))

    assert page.text.startswith("Confirm your subscription")


def test_looking_changes_nothing(service, clock):
    """S-60: whatever scans mail opens every link."""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    before = show(service.client, made).body, service.asked()
    service.heard.taken()

    for method in ("GET", "HEAD", "GET"):
        assert opened(service.client, link, method).status == 200

    assert (show(service.client, made).body, service.asked()) == before
    assert service.heard.taken() == []
    assert show(service.client, made).body["confirmed"] is False


def test_nothing_but_looking_is_possible(service):
    """S-60"""
    answer = service.client.send("POST", "/confirm", headers={"Accept": "*/*"})

    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


def test_head_has_the_headers_of_get(service, clock):
    """S-60"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600)

    got, headed = opened(service.client, link), opened(service.client, link, "HEAD")

    ours = {"x-openstack-request-id"}
    assert {name: value for name, value in headed.headers.items() if name not in ours} == {
        name: value for name, value in got.headers.items() if name not in ours
    }
    assert headed.data == b""


def test_what_wants_no_page_gets_none(service):
    """X-9, S-60"""
    assert service.client.send("GET", "/confirm", headers={"Accept": "image/png"}).status == 406
    assert opened(service.client, "/confirm", Accept="*/*").status == 404


def test_no_policy_no_client_and_no_token_is_asked_for(tmp_path, clock):
    """S-60, X-14, X-27: also where Keystone is, and nobody may do anything."""
    (tmp_path / "policy.yaml").write_text('"subscription:get": "!"\n"subscription:confirm": "!"\n')
    text = f"{KEY}{REQUIRED}[oslo_policy]\npolicy_file = {tmp_path}/policy.yaml\n"
    with contextlib.ExitStack() as stack:
        client = HttpClient(stack.enter_context(authenticated(tmp_path, clock, People(), text)))
        member = {"X-Auth-Token": "member-of-one", "Client-ID": client.client_id}
        made = client.send("POST", "/v2/queues/q/subscriptions", b'{"subscriber": "http://a.example/"}', member)
        assert made.status == 201
        link = linked("one", path_of(made.body["subscription_id"]), clock.now() + 3600)

        for headers in ({}, {"X-Auth-Token": "bad"}, {"URL-Signature": "bad"}):
            assert Page(opened(client, link, **headers)).text.startswith("Confirm your subscription")
            assert opened(client, link, "HEAD", **headers).status == 200
        assert opened(client, "/confirm/x").status == 401
