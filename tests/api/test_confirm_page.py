"""The page to which links in confirmations lead (http section 9.8): what it says, and that looking at it does nothing."""

import base64
import contextlib
import hashlib
import logging
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

import pytest

from tests.api import signed
from tests.api.authenticated import People, authenticated
from tests.api.http_client import HttpClient
from tests.api.notified import notified
from tests.api.signed import KEY
from tests.api.subscribed import HOOK, change, confirm, show, subscribed
from zaqar.errors import Unavailable
from zaqar.storage.sql.messages.subscriptions import QueueSubscriptions

REQUIRED = "[notification]\nrequire_confirmation = true\n"
every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


class Page(HTMLParser):
    """What a person sees of an answer, and what the script is told."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.status = answer, answer.status
        self.tags, self.texts, self.link = [], [], {}
        self._open = []
        self.feed(answer.data.decode())
        self.close()

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._open.append((tag, "hidden" in dict(attributes)))
        if tag == "main":
            self.link = {name: value for name, value in attributes if name.startswith("data-")}
        if tag == "meta":
            self._open.pop()

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag, "the tags are not well nested"

    def handle_data(self, data):
        is_seen = not any(is_hidden or tag in {"script", "style", "title", "noscript"} for tag, is_hidden in self._open)
        if is_seen:
            self.texts.append(data)


@pytest.fixture
def service(tmp_path, clock):
    with notified(tmp_path, clock, f"{KEY}{REQUIRED}") as made:
        yield made


def linked(project, path, expires, *, secret=signed.SECRET, methods=("PUT",), paths=None, **changes):
    """Return the link that is in a mail (notifications N-62); what is given else replaces parts of it."""
    text = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    made = signed.made_by_hand(*(paths or (path,)), methods=methods, project=project, expires=text, secret=secret)
    said = {
        "Signature": made["signature"],
        "Methods": ",".join(made["methods"]),
        "Paths": ",".join(made["paths"]),
        "Project": project,
        "Expires": text,
        "Url": "",
        "Queue": "q",
    }
    return f"/confirm?{urlencode(said | changes, quote_via=quote, safe='')}"


def path_of(made, source="queues/q"):
    return f"/v2/{source}/subscriptions/{made}/confirm"


def opened(client, link, method="GET", **headers):
    """Open a link as a browser does, which sends no header of the API."""
    accepted = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    return client.send(method, link, headers={"Accept": accepted, **headers})


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


def test_a_link_whose_time_is_over_says_so(service, clock):
    """S-61"""
    made = subscribed(service.client, ttl=600)
    change(service.client, made, ttl=6000)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    clock.move(600)

    page = Page(opened(service.client, link))

    assert page.status == 410
    assert page.text.startswith("The time of this link is over")
    assert made not in page.answer.data.decode()


def wrong_links(project, path, expires):
    """Name links that prove nothing, or not what they should."""
    good = linked(project, path, expires)
    return {
        "no parameters": "/confirm",
        "no signature": linked(project, path, expires, Signature=""),
        "a forged signature": linked(project, path, expires, secret="guessed"),
        "a signature that is no ASCII": linked(project, path, expires, Signature="é" * 64),
        "another project": linked(project, path, expires, Project="another"),
        "no project": linked("", path, expires),
        "another end": linked(project, path, expires + 1, Expires="2099-01-01T00:00:00"),
        "an end that is no time": linked(project, path, expires, Expires="tomorrow"),
        "no end": linked(project, path, expires, Expires=""),
        "one that was not sent": linked(project, path, expires + 1),
        "other methods": linked(project, path, expires, methods=("GET",)),
        "a path beside it": linked(project, path, expires, paths=(path, "/v2/queues/q/messages")),
        "a path above it": linked(project, path, expires, paths=(path.removesuffix("/confirm"),)),
        "a path below it": linked(project, path, expires, paths=(f"{path}/x",)),
        "another subscription": linked(project, path_of("0" * 30), expires),
        "an id that is none": linked(project, path_of("x"), expires),
        "a queue that cannot be": linked(project, path_of("0" * 30, "queues/a b"), expires),
        "cut at its end": good[: good.index("&Expires")],
    }


@pytest.mark.parametrize("wrong", wrong_links("p", path_of("x"), 1))
def test_a_link_that_is_wrong_tells_nothing_of_what_there_is(service, clock, wrong):
    """S-61: least of all that there is a subscription."""
    made = subscribed(service.client, ttl=600)
    link = wrong_links(service.client.project, path_of(made), clock.now() + 600)[wrong]
    bare = opened(service.client, "/confirm")

    answer = opened(service.client, link)

    assert Page(answer).text.startswith("This link leads nowhere")
    assert (answer.status, answer.data) == (404, bare.data)


def test_a_link_to_what_is_gone_or_was_sent_to_another_is_wrong(service, clock):
    """S-61"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    change(service.client, made, subscriber=f"{HOOK}/2")
    other = opened(service.client, link)
    service.client.ask("DELETE", f"/queues/q/subscriptions/{made}")

    gone = opened(service.client, linked(service.client.project, path_of(made), clock.now() + 599))

    assert other.status == gone.status == 404
    assert other.data == gone.data == opened(service.client, "/confirm").data


def test_nothing_is_looked_up_for_a_link_that_proves_nothing(service, clock, monkeypatch):
    """S-61"""
    made = subscribed(service.client, ttl=600)

    def touched(*_):
        raise AssertionError("a store was asked")

    monkeypatch.setattr(QueueSubscriptions, "get", touched)

    for wrong in ("a forged signature", "other methods", "a path above it"):
        assert opened(service.client, wrong_links(service.client.project, path_of(made), 1)[wrong]).status == 404
    assert opened(service.client, linked(service.client.project, path_of(made), clock.now())).status == 410


def test_without_a_key_every_link_is_wrong(tmp_path, clock):
    """S-61"""
    with notified(tmp_path, clock) as service:
        made = subscribed(service.client)
        link = linked(service.client.project, path_of(made), clock.now() + 600, secret="")

        assert opened(service.client, link).status == 404


def test_a_store_that_is_away_is_told_to_a_person(service, clock, monkeypatch, caplog):
    """S-61"""
    made = subscribed(service.client, ttl=600)

    def unavailable(*_):
        raise Unavailable("The database is locked.")

    monkeypatch.setattr(QueueSubscriptions, "get", unavailable)

    page = Page(opened(service.client, linked(service.client.project, path_of(made), clock.now() + 600)))

    assert (page.status, page.answer.headers["retry-after"]) == (503, "5")
    assert page.text.startswith("The service cannot tell just now")
    assert "locked" not in page.text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "The database is locked." in record.getMessage()


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


def policy_of(answer):
    """Return the directives of a Content-Security-Policy."""
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in parts}


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


def test_the_access_log_does_not_keep_what_a_link_proves(service, clock, caplog):
    """S-64"""
    made = subscribed(service.client, ttl=600)
    link = linked(service.client.project, path_of(made), clock.now() + 600)
    caplog.set_level(logging.DEBUG)

    opened(service.client, link)
    opened(service.client, link.replace("Queue=q", "Queue=").replace("PUT", "GET"))

    assert re.search("Signature=([0-9a-f]+)", link)[1] not in caplog.text
