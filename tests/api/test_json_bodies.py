"""JSON as the service takes it (http section 3.7)."""

import pytest

from tests.api.http_client import PATCH_TYPE
from zaqar.errors import InvalidBody


@pytest.mark.parametrize(
    "body", [b"1", b'"text"', b"null", b"true", b"{", b'{"a": 1} x', b"{,}", b"\xff{}", b"{'a': 1}"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/queues/q"),
        ("POST", "/v2/queues/q/messages"),
        ("POST", "/v2/queues/q/claims"),
        ("PATCH", "/v2/queues/q/claims/c"),
        ("POST", "/v2/queues/q/purge"),
        ("PATCH", "/v2/queues/q"),
    ],
)
def test_a_body_that_is_no_object_or_array_is_refused(client, method, path, body):
    """X-36"""
    answer = client.request(method, path, body, Content_Type=PATCH_TYPE)

    assert answer.error == (400, "Invalid request body")
    assert "body could not be parsed" in answer.body["description"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/v2/queues/q"),
        ("POST", "/v2/queues/q/messages"),
        ("POST", "/v2/queues/q/claims"),
        ("PATCH", "/v2/queues/q/claims/c"),
        ("POST", "/v2/queues/q/purge"),
    ],
)
def test_an_array_is_no_object(client, method, path):
    """X-38"""
    answer = client.request(method, path, b'[{"body": 1}]')

    assert answer.error == (400, "Invalid request body")
    assert answer.body["description"].startswith("Document type not supported. An object is wanted")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\x89PNG\r\n", "base64"),
        (b'{"messages": [{"body": "\xff"}]}', "base64"),
        (b"\x1f\x8b\x08\x00", "compressed"),
        (b'{"messages": {}}', "messages must be an array, and is an object."),
        (b'{"messages": [{"body": 1}, 7]}', "messages[1] must be an object, and is an integer."),
        (b'{"messages": [{"ttl": 60}]}', "messages[0] has no member body."),
        (b'{"messages": [{"body": 1, "ttl": null}]}', "messages[0].ttl must be an integer, and is null."),
        (b'{"body": 1}', '{"messages": [{"body": "hello"}]}'),
        (b'"text"', "it must be an object, and is a string"),
    ],
)
def test_a_refused_body_is_told_what_was_wanted_and_what_came(client, text, said):
    assert said in client.request("POST", "/v2/queues/q/messages", text).body["description"]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**40])
def test_integers_beyond_64_bits_are_refused_at_any_depth(client, number):
    """X-37"""
    assert client.create_queue("q", {"a": [{"b": number}]}).error is InvalidBody
    assert client.post("q", {"a": [{"b": number}]}).error is InvalidBody


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63)])
def test_integers_of_64_bits_are_kept(client, number):
    """X-37"""
    client.create_queue("q", {"a": [{"b": number}]})
    client.post("q", [number])

    assert client.show_queue("q").metadata["a"] == [{"b": number}]
    assert client.list("q", echo=True).bodies == [[number]]


def test_digits_in_a_text_are_no_number(client):
    """X-37"""
    assert client.post("q", "9" * 40, "1e999").is_done


def test_the_last_of_repeated_keys_wins(client):
    """X-39"""
    client.request("PUT", "/v2/queues/q", b'{"a": 1, "a": 2}')
    client.request("POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1, "ttl": 60, "body": 2, "ttl": 61}]}')

    assert client.show_queue("q").metadata["a"] == 2
    assert [(m.body, m.ttl) for m in client.list("q", echo=True).messages] == [(2, 61)]


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1E+999", b"1" + b"0" * 400 + b".0"])
def test_numbers_that_json_does_not_have_are_refused(client, text):
    """O-61"""
    assert client.request("POST", "/v2/queues/q/messages", b'{"messages": [{"body": [%s]}]}' % text).status == 400
    assert client.request("PUT", "/v2/queues/q", b'{"a": [%s]}' % text).status == 400
    assert client.list_queues().names == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v2/queues/q/messages"), ("PATCH", "/v2/queues/q/claims/c")],
)
def test_a_mandatory_body_is_missed(client, method, path):
    """X-40, C-18"""
    assert client.request(method, path).error == (400, "Invalid request body")
    assert client.request(method, path, Content_Length="0").error == (400, "Invalid request body")


def test_optional_bodies_may_be_absent_or_empty(client):
    """X-40"""
    for name, headers in (("a", {}), ("b", {"Content_Length": "0"})):
        assert client.request("PUT", f"/v2/queues/{name}", **headers).status == 201
        assert client.request("POST", f"/v2/queues/{name}/claims", **headers).status == 204
        assert client.request("POST", f"/v2/queues/{name}/purge", **headers).status == 204


@pytest.mark.parametrize("length", ["-1", "1.0", "abc", "+2", "1_0", "²", "9" * 30, " "])
def test_a_length_that_is_no_number_is_refused(client, length):
    """X-41"""
    answer = client.send("PUT", "/v2/queues/q", b"{}", client.headers(), environment={"CONTENT_LENGTH": length})

    assert answer.error == (400, "Invalid header value")


def test_a_body_comes_back_as_it_was_written(client):
    """M-46: order of members, spaces, spelling of numbers and of characters."""
    written = b'{"b" : 1.50, "a":[ 1e2,-0, "\\u00e9\\/\xc3\xa9" ], "b":2}'

    client.request("POST", "/v2/queues/q/messages", b'{"messages":[{"body": ' + written + b"}]}")

    (message_id,) = client.list("q", echo=True).ids
    for answer in (
        client.request("GET", "/v2/queues/q/messages?echo=true"),
        client.request("GET", f"/v2/queues/q/messages/{message_id}"),
        client.request("GET", f"/v2/queues/q/messages?ids={message_id}"),
        client.request("POST", "/v2/queues/q/claims"),
        client.request("DELETE", "/v2/queues/q/messages?pop=1"),
    ):
        assert written in answer.data or answer.body == {"messages": []}


def test_a_body_shorter_than_its_length_is_refused(client):
    """X-40"""
    answer = client.send(
        "POST", "/v2/queues/q/messages", b'{"messages": [{"body": 1}]}', client.headers(), {"CONTENT_LENGTH": "28"}
    )

    assert answer.error == (400, "Invalid request body")
    assert client.list_queues().names == []


@pytest.mark.parametrize("body", [b" ", b"[]", b"{", b"ttl", b"\xff"])
def test_terms_of_a_claim_that_are_no_object_are_refused(client, body):
    """C-3, C-18"""
    client.post("q", 1)

    assert client.request("POST", "/v2/queues/q/claims", body).error == (400, "Invalid request body")
    assert client.request("PATCH", "/v2/queues/q/claims/x", body).error == (400, "Invalid request body")
    assert client.list("q", echo=True).bodies == [1]


@pytest.mark.parametrize("depth", [200, 400, 900, 950, 990, 1000, 2000, 50_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_stored_with_a_checksum_or_refused(configured, depth, brackets):
    """O-62"""
    client = configured("[DEFAULT]\nenable_checksum = true\n")
    opening, closing = brackets
    body = opening * depth + b"1" + closing * depth

    answer = client.request("POST", "/v2/queues/q/messages", b'{"messages":[{"body":' + body + b"}]}")

    assert answer.status in {201, 400}


def test_there_has_to_be_a_patch(client):
    """Q-34"""
    client.create_queue("q")

    assert client.request("PATCH", "/v2/queues/q", Content_Type=PATCH_TYPE).error == (400, "Invalid request body")
