"""Posting messages (http section 7.2)."""

import pytest

from zaqar.errors import Invalid, InvalidBody


def test_a_post_names_what_it_made(client):
    """M-12, M-11, D-4"""
    ids = client.post("q", "a", "b", "c").ids

    assert {m.id: m.body for m in client.get_many("q", *ids).messages} == dict(zip(ids, "abc", strict=True))


def test_ids_are_url_safe(client):
    """M-4, clients K-11"""
    for message_id in client.post("q", *range(25)).ids:
        assert message_id.isalnum()


def test_order_is_kept_within_and_between_posts(client):
    """M-11, M-17"""
    client.post("q", *range(7))
    client.colleague().post("q", *range(7, 15))

    assert client.list("q", echo=True, limit=20).bodies == list(range(15))


def test_more_messages_than_a_page_fit_in_a_post(client):
    """M-10, D-4"""
    assert len(client.post("q", *range(1000)).ids) == 1000


def test_a_missing_queue_is_created(client):
    """M-7"""
    assert client.post("q", 1).is_done
    assert client.list_queues().names == ["q"]


@pytest.mark.parametrize(
    "document", [{}, {"messages": []}, {"messages": [{}]}, {"messages": [{"body": 1, "ttl": 1}]}, []]
)
def test_a_missing_queue_is_not_created_by_a_bad_post(client, document):
    """O-21"""
    assert issubclass(client.post_document("q", document).error, Invalid)
    assert client.list_queues().names == []


@pytest.mark.parametrize("body", [None, True, 0, -1.5, "", "text", [], {}, {"a": [1, {"b": None}]}, "€ \u0000 \u2028"])
def test_any_json_can_be_a_body(client, body):
    """M-6, M-46"""
    client.post("q", body)

    assert client.list("q", echo=True).bodies == [body]


def test_the_ttl_is_the_services_where_none_is_given(client):
    """M-8"""
    client.post("q", 1)

    assert client.list("q", echo=True).messages[0].ttl == 3600


@pytest.mark.parametrize(
    ("member", "value", "error"),
    [
        ("ttl", 59, Invalid),
        ("ttl", 60, None),
        ("ttl", 1209600, None),
        ("ttl", 1209601, Invalid),
        ("ttl", 0, Invalid),
        ("ttl", -(2**63), Invalid),
        ("delay", -1, Invalid),
        ("delay", 0, None),
        ("delay", 900, None),
        ("delay", 901, Invalid),
        ("delay", 2**63 - 1, Invalid),
    ],
)
def test_ttl_and_delay_have_limits(client, member, value, error):
    """M-8, M-9, M-13"""
    assert client.post("q", 1, **{member: value}).error is error


def test_a_queues_default_ttl_does_not_bound_a_messages(client):
    """M-8"""
    client.create_queue("q", {"_default_message_ttl": 100})

    assert client.post("q", 1, ttl=1209600).is_done


@pytest.mark.parametrize("value", [None, 60.5, "60", True, [], {}])
@pytest.mark.parametrize("member", ["ttl", "delay"])
def test_ttl_and_delay_are_integers(client, member, value):
    """M-13"""
    assert client.post("q", 1, **{member: value}).error is InvalidBody


def test_all_messages_are_posted_or_none(client):
    """M-11"""
    client.post_document("q", {"messages": [{"body": 1}, {"body": 2, "ttl": 1}]})
    client.post_document("q", {"messages": [{"body": 1}, {"body": 2, "ttl": "x"}]})

    assert client.stats("q").total == 0


def test_unknown_members_are_ignored(client):
    """M-6"""
    document = {"messages": [{"body": 1, "id": 7, "claim_id": "x"}], "queue_name": "other"}

    assert client.post_document("q", document).is_done
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize("document", [{}, {"message": []}, {"messages": []}])
def test_there_has_to_be_a_message(client, document):
    """M-13"""
    assert client.post_document("q", document).error is Invalid


@pytest.mark.parametrize(
    "document",
    [
        {"messages": {}},
        {"messages": None},
        {"messages": "body"},
        {"messages": 1},
        {"messages": [{}]},
        {"messages": [{"ttl": 60}]},
        {"messages": [1]},
        {"messages": [None]},
        {"messages": [[]]},
        {"messages": ["body"]},
        ["messages"],
        [{"body": 1}],
    ],
)
def test_a_document_that_is_no_post_is_refused(client, document):
    """M-6, M-13, O-23"""
    assert client.post_document("q", document).error is InvalidBody
    assert client.list_queues().names == []


def test_the_same_post_twice_is_two_messages(client):
    """M-14"""
    assert client.post("q", 1).ids != client.post("q", 1).ids
    assert client.list("q", echo=True).bodies == [1, 1]
