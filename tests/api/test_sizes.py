"""How long a body may be (http sections 2.1, 6.2 and 7.2)."""

import json

import pytest


def test_a_post_may_be_as_long_as_the_limit(client):
    """M-10"""
    frame = len(json.dumps({"messages": [{"body": ""}]}))
    fitting = json.dumps({"messages": [{"body": "x" * (262144 - frame)}]}).encode()

    assert client.request("POST", "/v2/queues/q/messages", fitting).status == 201
    assert client.request("POST", "/v2/queues/q/messages", fitting + b" ").error == (400, "Invalid API request")
    assert client.stats("q").total == 1


def test_chunked_bodies_are_read_up_to_the_limit(client):
    """O-63"""
    chunked = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked"}
    fitting, long = b'{"messages": [{"body": 1}]}', b'{"messages": [{"body": "%s"}]}' % (b"x" * 262144)

    for body, status in ((fitting, 201), (long, 400), (b"", 400)):
        answer = client.send("POST", "/v2/queues/q/messages", body, client.headers(), chunked)
        assert answer.status == status
    assert client.list("q", echo=True).bodies == [1]


def test_metadata_may_be_as_long_as_the_limit(client):
    """Q-13"""
    frame = len(json.dumps({"a": ""}))
    fitting = json.dumps({"a": "x" * (65536 - frame)}).encode()

    assert client.request("PUT", "/v2/queues/fits", fitting).status == 201
    assert client.request("PUT", "/v2/queues/long", fitting + b" ").error == (400, "Invalid API request")
    assert client.list_queues().names == ["fits"]


def test_a_queue_may_have_a_smaller_limit_of_posts(client):
    """M-10"""
    client.create_queue("q", {"_max_messages_post_size": 40})
    fitting = b'{"messages": [{"body": "xxxxxxxxxxxx"}]}'

    assert len(fitting) == 40
    assert client.request("POST", "/v2/queues/q/messages", fitting).status == 201
    assert client.request("POST", "/v2/queues/q/messages", fitting + b" ").error == (400, "Invalid API request")


@pytest.mark.parametrize(
    ("option", "path", "method"),
    [
        ("max_queue_metadata", "/v2/queues/r", "PUT"),
        ("max_messages_post_size", "/v2/queues/r/messages", "POST"),
    ],
)
def test_every_size_is_reached_and_not_passed(configured, option, path, method):
    """Q-13, M-10"""
    client = configured(f"[transport]\n{option} = 100\n")
    document = b'{"messages": [{"body": 1}]}'

    assert client.request(method, path, document.ljust(101)).error == (400, "Invalid API request")
    assert client.list_queues().names == []
    assert client.request(method, path, document.ljust(100)).status == 201
