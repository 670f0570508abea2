"""Listing messages: filters, markers, links (http sections 7.1 and 7.3)."""

import pytest


def test_no_messages_are_an_empty_page(client):
    """M-16, D-1, D-12: a missing queue is not created either."""
    missing = client.list("q")
    names = client.list_queues().names
    client.create_queue("q")

    assert (missing.status, missing.body) == (200, {"messages": [], "links": []})
    assert names == []
    assert client.list("q").body == {"messages": [], "links": []}


def test_a_message_has_five_members(client, clock):
    """M-1, K-1, K-3, clients K-10"""
    (message_id,) = client.post("q", {"a": 1}, ttl=100).ids
    clock.move(9)

    answer = client.list("q", echo=True)

    assert answer.body["messages"] == [
        {"id": message_id, "href": f"/v2/queues/q/messages/{message_id}", "ttl": 100, "age": 9, "body": {"a": 1}}
    ]


def test_what_a_client_posted_itself_is_hidden_unless_asked_for(client):
    """M-22"""
    client.post("q", "own")
    client.colleague().post("q", "other")

    assert client.list("q").bodies == ["other"]
    assert client.list("q", echo=False).bodies == ["other"]
    assert client.list("q", echo=True).bodies == ["own", "other"]


def test_claimed_messages_are_hidden_unless_asked_for(client):
    """M-19, M-2, C-7"""
    client.post("q", 1, 2)
    claim_id = client.claim("q", limit=1).claim_id

    assert client.list("q", echo=True).bodies == [2]
    shown = client.list("q", echo=True, include_claimed=True).body["messages"]
    assert [message["body"] for message in shown] == [1, 2]
    assert shown[0]["href"].endswith(f"?claim_id={claim_id}")
    assert "?" not in shown[1]["href"]


def test_a_page_has_ten_messages_unless_asked_otherwise(client):
    """M-15, M-17, M-18, K-4"""
    client.post("q", *range(25))

    seen, answer = [], client.list("q", echo=True)
    while answer.body["messages"]:
        seen.append(answer.bodies)
        (link,) = answer.body["links"]
        assert link["rel"] == "next"
        answer = client.request("GET", link["href"])

    assert seen == [list(range(10)), list(range(10, 20)), list(range(20, 25))]
    assert answer.body == {"messages": [], "links": []}


def test_the_default_page_is_no_longer_than_the_longest(configured):
    """O-76"""
    client = configured("[transport]\nmax_messages_per_page = 3\n")
    client.post("q", *range(5))

    assert client.list("q", echo=True).bodies == [0, 1, 2]
    assert client.list("q", limit=4).status == 400


@pytest.mark.parametrize(("limit", "status"), [(0, 400), (1, 200), (20, 200), (21, 400), (-1, 400)])
def test_a_limit_has_limits(client, limit, status):
    """M-23"""
    answer = client.list("q", limit=limit)

    assert answer.status == status
    assert status == 200 or answer.error == (400, "Invalid API request")


def test_the_next_link_keeps_what_was_asked(client):
    """M-18: and nothing else."""
    (message_id,) = client.post("q", 1).ids

    plain = client.request("GET", "/v2/queues/q/messages?echo=1")
    full = client.request(
        "GET", "/v2/queues/q/messages?limit=5&echo=True&include_claimed=yes&include_delayed=no&marker=&other=x"
    )

    path = f"/v2/queues/q/messages?marker={message_id}"
    assert plain.body["links"] == [{"rel": "next", "href": f"{path}&echo=true"}]
    assert full.body["links"] == [
        {"rel": "next", "href": f"{path}&limit=5&echo=true&include_claimed=true&include_delayed=false"}
    ]


def test_a_message_id_is_its_marker(client):
    """M-4: also when the message is gone."""
    ids = client.post("q", *range(4)).ids
    client.delete("q", ids[1])

    assert client.list("q", echo=True, marker=ids[0]).bodies == [2, 3]
    assert client.list("q", echo=True, marker=ids[1]).bodies == [2, 3]
    assert client.list("q", echo=True, marker=ids[3]).bodies == []


def test_a_reader_that_keeps_its_marker_sees_what_comes_later(client):
    """M-18"""
    (marker,) = client.post("q", 1).ids

    assert client.list("q", echo=True, marker=marker).bodies == []
    client.post("q", 2)
    assert client.list("q", echo=True, marker=marker).bodies == [2]


def test_a_marker_outlives_its_queue(client):
    """M-4"""
    (marker,) = client.post("q", 1).ids
    client.delete_queue("q")
    client.post("q", 2)

    assert client.list("q", echo=True, marker=marker).bodies == [2]


@pytest.mark.parametrize(
    "marker", ["x", "0", "-1", "z" * 30, "0" * 29, "0" * 31, "é", "%00", "507f1f77bcf86cd799439011"]
)
def test_a_marker_of_another_form_gives_an_empty_page(client, marker):
    """M-17"""
    client.post("q", 1)

    answer = client.list("q", echo=True, marker=marker)

    assert (answer.status, answer.body) == (200, {"messages": [], "links": []})


def test_filters_apply_before_the_limit(client):
    """M-18: an empty page means that nothing is left."""
    client.post("q", *range(30))
    client.colleague().post("q", "found")

    assert client.list("q", limit=1).bodies == ["found"]


def test_a_message_expires_when_its_lifetime_ends(client, clock):
    """M-5"""
    (message_id,) = client.post("q", 1, ttl=60).ids
    clock.move(59)
    assert client.list("q", echo=True).bodies == [1]

    clock.move(1)

    assert client.list("q", echo=True).bodies == []
    assert client.get("q", message_id).status == 404
    assert client.claim("q").status == 204


def test_a_delayed_message_is_nowhere_to_be_had_until_it_is_due(client, clock):
    """M-9, M-20, C-4, M-43: but it can be shown."""
    (message_id,) = client.post("q", "later", delay=30).ids

    assert client.list("q", echo=True).bodies == []
    assert client.list("q", echo=True, include_claimed=True).bodies == []
    assert client.claim("q").status == 204
    assert client.pop("q", 1).bodies == []
    assert client.list("q", echo=True, include_delayed=True).bodies == ["later"]
    assert client.get("q", message_id).body["body"] == "later"
    assert client.get_many("q", message_id).bodies == ["later"]

    clock.move(30)

    assert client.list("q", echo=True).bodies == ["later"]
    assert client.claim("q").bodies == ["later"]


def test_a_delayed_message_can_be_deleted(client):
    """M-32"""
    (message_id,) = client.post("q", 1, delay=30).ids

    assert client.delete("q", message_id).status == 204
    assert client.get("q", message_id).status == 404


def test_the_age_of_a_delayed_message_counts_from_its_post(client, clock):
    """M-1"""
    client.post("q", 1, delay=30, ttl=100)
    clock.move(40)

    assert [(m["age"], m["ttl"]) for m in client.list("q", echo=True).body["messages"]] == [(40, 100)]
