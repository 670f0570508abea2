"""Posting messages (http section 7.2)."""

import json

import pytest


def test_a_post_names_what_it_made(client):
    """M-12, M-11, D-4"""
    answer = client.post("q", "a", "b", "c")

    assert answer.status == 201
    assert set(answer.body) == {"resources"}
    assert all(href.startswith("/v2/queues/q/messages/") for href in answer.body["resources"])
    assert answer.location == f"/v2/queues/q/messages?ids={','.join(answer.ids)}"
    shown = client.request("GET", answer.location)
    assert {m["id"]: m["body"] for m in shown.body["messages"]} == dict(zip(answer.ids, "abc", strict=True))


@pytest.mark.parametrize("number", [1, 65, 66, 520, 2100, 4000])
def test_the_location_of_many_messages_is_short_and_leads_to_them(client, number):
    """M-12: Node, Python and proxies refuse long headers, and by then the messages are stored."""
    answer = client.post("q", *range(number))

    assert len(answer.ids) == number
    assert len(answer.location) <= 2048
    path, _, query = answer.location.partition("?")
    assert path == "/v2/queues/q/messages"
    assert query in ("", f"ids={','.join(answer.ids)}")
    assert bool(query) == (number <= 65)


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
    assert client.post("q", 1).status == 201
    assert client.list_queues().names == ["q"]


@pytest.mark.parametrize(
    "document", [{}, {"messages": []}, {"messages": [{}]}, {"messages": [{"body": 1, "ttl": 1}]}, []]
)
def test_a_missing_queue_is_not_created_by_a_bad_post(client, document):
    """O-21"""
    assert client.post_document("q", document).status == 400
    assert client.list_queues().names == []


@pytest.mark.parametrize("body", [None, True, 0, -1.5, "", "text", [], {}, {"a": [1, {"b": None}]}, "€ \u0000 \u2028"])
def test_any_json_can_be_a_body(client, body):
    """M-6, M-46"""
    client.post("q", body)

    assert client.list("q", echo=True).bodies == [body]


def test_a_body_comes_back_as_it_was_written(client):
    """M-46: order of members, spaces, spelling of numbers and of characters."""
    written = b'{"b" : 1.50, "a":[ 1e2,-0, "\\u00e9\\/\xc3\xa9" ], "b":2}'

    client.request("POST", "/v2/queues/q/messages", b'{"messages":[{"body": ' + written + b"}]}")

    (message_id,) = client.list("q", echo=True).ids
    for answer in (
        client.list("q", echo=True),
        client.get("q", message_id),
        client.get_many("q", message_id),
        client.claim("q"),
        client.pop("q", 1),
    ):
        assert written in answer.data or answer.body == {"messages": []}


def test_the_ttl_is_the_services_where_none_is_given(client):
    """M-8"""
    client.post("q", 1)

    assert client.list("q", echo=True).body["messages"][0]["ttl"] == 3600


@pytest.mark.parametrize(
    ("member", "value", "status"),
    [
        ("ttl", 59, 400),
        ("ttl", 60, 201),
        ("ttl", 1209600, 201),
        ("ttl", 1209601, 400),
        ("ttl", 0, 400),
        ("ttl", -(2**63), 400),
        ("delay", -1, 400),
        ("delay", 0, 201),
        ("delay", 900, 201),
        ("delay", 901, 400),
        ("delay", 2**63 - 1, 400),
    ],
)
def test_ttl_and_delay_have_limits(client, member, value, status):
    """M-8, M-9, M-13"""
    answer = client.post("q", 1, **{member: value})

    assert answer.status == status
    assert status == 201 or answer.error == (400, "Invalid API request")


def test_a_queues_default_ttl_does_not_bound_a_messages(client):
    """M-8"""
    client.create_queue("q", {"_default_message_ttl": 100})

    assert client.post("q", 1, ttl=1209600).status == 201


@pytest.mark.parametrize("value", [None, 60.5, "60", True, [], {}])
@pytest.mark.parametrize("member", ["ttl", "delay"])
def test_ttl_and_delay_are_integers(client, member, value):
    """M-13"""
    assert client.post("q", 1, **{member: value}).error == (400, "Invalid request body")


def test_all_messages_are_posted_or_none(client):
    """M-11"""
    client.post_document("q", {"messages": [{"body": 1}, {"body": 2, "ttl": 1}]})
    client.post_document("q", {"messages": [{"body": 1}, {"body": 2, "ttl": "x"}]})

    assert client.stats("q").body["messages"]["total"] == 0


def test_unknown_members_are_ignored(client):
    """M-6"""
    document = {"messages": [{"body": 1, "id": 7, "claim_id": "x"}], "queue_name": "other"}

    assert client.post_document("q", document).status == 201
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize("document", [{}, {"message": []}, {"messages": []}])
def test_there_has_to_be_a_message(client, document):
    """M-13"""
    assert client.post_document("q", document).error == (400, "Invalid API request")


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
    assert client.post_document("q", document).error == (400, "Invalid request body")
    assert client.list_queues().names == []


def test_a_post_may_be_as_long_as_the_limit(client):
    """M-10"""
    frame = len(json.dumps({"messages": [{"body": ""}]}))
    fitting = json.dumps({"messages": [{"body": "x" * (262144 - frame)}]}).encode()

    assert client.request("POST", "/v2/queues/q/messages", fitting).status == 201
    assert client.request("POST", "/v2/queues/q/messages", fitting + b" ").error == (400, "Invalid API request")
    assert client.stats("q").body["messages"]["total"] == 1


def test_the_same_post_twice_is_two_messages(client):
    """M-14"""
    assert client.post("q", 1).ids != client.post("q", 1).ids
    assert client.list("q", echo=True).bodies == [1, 1]


def test_chunked_bodies_are_read_up_to_the_limit(client):
    """O-63"""
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    fitting, long = b'{"messages": [{"body": 1}]}', b'{"messages": [{"body": "%s"}]}' % (b"x" * 262144)

    for body, status in ((fitting, 201), (long, 400), (b"", 400)):
        answer = client.send("POST", "/v2/queues/q/messages", body, client.headers(), chunked)
        assert answer.status == status
    assert client.list("q", echo=True).bodies == [1]


def test_a_body_shorter_than_its_length_is_refused(client):
    """X-40"""
    answer = client.send(
        "POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1}]}', client.headers(), {"CONTENT_LENGTH": "28"}
    )

    assert answer.error == (400, "Invalid request body")
    assert client.list_queues().names == []
