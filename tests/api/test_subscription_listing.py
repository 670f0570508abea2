"""Subscriptions: list, delete, purge (http section 9)."""

import pytest

from tests.api.subscribed import HOOK, listed, show, subscribed

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/t"])


@every_source
def test_subscriptions_are_listed_in_pages_by_their_ids(client, source):
    """S-2, S-3"""
    made = [subscribed(client, source, subscriber=f"{HOOK}/{number}") for number in range(13)]

    first = client.ask("GET", f"/{source}/subscriptions").body
    (link,) = first["links"]
    rest = client.request("GET", link["href"]).body

    assert made == sorted(made)
    assert [one["id"] for one in first["subscriptions"]] == made[:10]
    assert link == {"rel": "next", "href": f"/v2/{source}/subscriptions?marker={made[9]}"}
    assert [one["id"] for one in rest["subscriptions"]] == made[10:]
    assert rest["subscriptions"][0] == show(client, made[10], source).body


def test_a_page_ends_where_its_limit_is(client):
    """S-2, S-3"""
    one, two = subscribed(client), subscribed(client, subscriber=f"{HOOK}/2")

    page = client.ask("GET", "/queues/q/subscriptions", {"limit": 1, "detailed": "False"}).body

    assert [shown["id"] for shown in page["subscriptions"]] == [one]
    assert page["links"][0]["href"] == f"/v2/queues/q/subscriptions?marker={one}&limit=1"
    assert listed(client, marker=one) == [two]
    client.ask("DELETE", f"/queues/q/subscriptions/{one}")
    assert listed(client, marker=one) == [two]
    assert listed(client, marker=two) == []
    assert listed(client, marker="nonsense") == []


@pytest.mark.parametrize(("limit", "title"), [("0", "API request"), ("21", "API request"), ("a", "parameter")])
def test_a_limit_is_bounded(client, limit, title):
    """S-2"""
    answer = client.ask("GET", "/queues/q/subscriptions", {"limit": limit})

    assert answer.error == (400, f"Invalid {title}")


@every_source
def test_where_nobody_subscribed_the_list_is_empty(client, source):
    """S-2"""
    answer = client.ask("GET", f"/{source}/subscriptions")

    assert (answer.status, answer.body) == (200, {"subscriptions": [], "links": []})


@every_source
def test_unsubscribing_is_silent(client, source):
    """S-18"""
    made = subscribed(client, source)

    answers = [client.ask("DELETE", f"/{source}/subscriptions/{one}") for one in (made, made, "123")]

    assert [answer.status for answer in answers] == [204] * 3
    assert show(client, made, source).error == (404, "Not found")


@every_source
@pytest.mark.parametrize("document", [None, {"resource_types": ["subscriptions"]}])
def test_a_purge_removes_all_subscriptions(client, source, document):
    """Q-29, T-7, O-18, notifications N-69"""
    for number in range(25):
        subscribed(client, source, subscriber=f"{HOOK}/{number}")

    purged = client.ask("POST", f"/{source}/purge", **({"document": document} if document else {}))

    assert purged.status == 204
    assert listed(client, source) == []


def test_a_purge_of_messages_leaves_subscriptions(client):
    """Q-26"""
    made = subscribed(client)

    client.purge("q", {"resource_types": ["messages"]})

    assert listed(client) == [made]


@every_source
def test_subscriptions_outlive_their_source(client, source):
    """Q-20, notifications N-68"""
    made = subscribed(client, source)

    client.ask("DELETE", f"/{source}")

    assert listed(client, source) == [made]
    client.ask("PUT", f"/{source}")
    assert listed(client, source) == [made]
