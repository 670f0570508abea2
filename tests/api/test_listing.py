"""Listing messages: filters, markers, links (http sections 7.1 and 7.3)."""

import pytest

from tests.api.outcomes import NO_MESSAGES, Message
from zaqar.errors import Invalid, NotFound


def test_no_messages_are_an_empty_page(client):
    """M-16, D-1, D-12: a missing queue is not created either."""
    missing = client.list("q")
    names = client.list_queues().names
    client.create_queue("q")

    assert missing == NO_MESSAGES
    assert names == []
    assert client.list("q") == NO_MESSAGES


def test_a_message_has_an_id_a_lifetime_an_age_and_a_body(client, clock):
    """M-1"""
    (message_id,) = client.post("q", {"a": 1}, ttl=100).ids
    clock.move(9)

    assert client.list("q", echo=True).messages == [Message(message_id, ttl=100, age=9, body={"a": 1})]


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
    shown = client.list("q", echo=True, include_claimed=True)
    assert shown.bodies == [1, 2]
    assert [message.claim_id for message in shown.messages] == [claim_id, None]


def test_a_page_has_ten_messages_unless_asked_otherwise(client):
    """M-15, M-17, M-18, K-4"""
    client.post("q", *range(25))

    seen, page = [], client.list("q", echo=True)
    while page.messages:
        seen.append(page.bodies)
        page = page.next()

    assert seen == [list(range(10)), list(range(10, 20)), list(range(20, 25))]
    assert page == NO_MESSAGES


def test_the_default_page_is_no_longer_than_the_longest(configured):
    """O-76"""
    client = configured("[transport]\nmax_messages_per_page = 3\n")
    client.post("q", *range(5))

    assert client.list("q", echo=True).bodies == [0, 1, 2]
    assert client.list("q", limit=4).error is Invalid


@pytest.mark.parametrize(("limit", "error"), [(0, Invalid), (1, None), (20, None), (21, Invalid), (-1, Invalid)])
def test_a_limit_has_limits(client, limit, error):
    """M-23"""
    assert client.list("q", limit=limit).error is error


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

    assert client.list("q", echo=True, marker=marker) == NO_MESSAGES


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
    assert client.get("q", message_id).error is NotFound
    assert client.claim("q").messages == []


def test_a_delayed_message_is_nowhere_to_be_had_until_it_is_due(client, clock):
    """M-9, M-20, C-4, M-43: but it can be shown."""
    (message_id,) = client.post("q", "later", delay=30).ids

    assert client.list("q", echo=True).bodies == []
    assert client.list("q", echo=True, include_claimed=True).bodies == []
    assert client.claim("q").messages == []
    assert client.pop("q", 1).bodies == []
    assert client.list("q", echo=True, include_delayed=True).bodies == ["later"]
    assert client.get("q", message_id).message.body == "later"
    assert client.get_many("q", message_id).bodies == ["later"]

    clock.move(30)

    assert client.list("q", echo=True).bodies == ["later"]
    assert client.claim("q").bodies == ["later"]


def test_a_delayed_message_can_be_deleted(client):
    """M-32"""
    (message_id,) = client.post("q", 1, delay=30).ids

    assert client.delete("q", message_id).is_done
    assert client.get("q", message_id).error is NotFound


def test_the_age_of_a_delayed_message_counts_from_its_post(client, clock):
    """M-1"""
    client.post("q", 1, delay=30, ttl=100)
    clock.move(40)

    assert [(m.age, m.ttl) for m in client.list("q", echo=True).messages] == [(40, 100)]
