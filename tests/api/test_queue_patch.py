"""Changing metadata (http section 6.8)."""

import json

import pytest

from tests.api.client import DEFAULT_METADATA, PATCH_TYPE


def add(key, value):
    return {"op": "add", "path": f"/metadata/{key}", "value": value}


def replace(key, value):
    return {"op": "replace", "path": f"/metadata/{key}", "value": value}


def remove(key):
    return {"op": "remove", "path": f"/metadata/{key}"}


def test_operations_apply_in_order(client):
    """Q-31, Q-35, Q-37"""
    client.create_queue("q", {"a": 1, "b": 2})

    answer = client.update_queue("q", [add("c", 3), replace("a", {"x": None}), remove("b"), add("c", None)])

    assert answer.status == 200
    assert answer.body == {**DEFAULT_METADATA, "a": {"x": None}, "c": None}
    assert client.show_queue("q").body == answer.body


def test_an_empty_patch_shows_the_queue(client):
    """Q-34"""
    client.create_queue("q", {"a": 1})

    assert client.update_queue("q", []).body == {**DEFAULT_METADATA, "a": 1}


def test_a_missing_queue_is_not_created(client):
    """Q-32"""
    assert client.update_queue("q", []).error == (404, "Not found")
    assert client.update_queue("q", [add("a", 1)]).error == (404, "Not found")
    assert client.list_queues().names == []


def test_the_keys_that_are_always_shown_can_be_replaced_and_reset(client):
    """Q-37"""
    client.create_queue("q", {"_default_message_ttl": 100})
    values = {
        "_max_messages_post_size": 10,
        "_default_message_ttl": 60,
        "_default_message_delay": 1,
        "_dead_letter_queue": "other",
        "_dead_letter_queue_messages_ttl": 60,
        "_max_claim_count": 1,
        "_enable_encrypt_messages": False,
    }

    changed = client.update_queue("q", [replace(key, value) for key, value in values.items()])
    reset = client.update_queue("q", [remove(key) for key in values])
    again = client.update_queue("q", [remove(key) for key in values])

    assert changed.body == values
    assert reset.body == DEFAULT_METADATA
    assert again.body == DEFAULT_METADATA


@pytest.mark.parametrize("key", ["a", "_flavor", "_retry_policy"])
@pytest.mark.parametrize("operation", [remove, lambda key: replace(key, {})])
def test_what_is_not_there_cannot_be_replaced_or_removed(client, operation, key):
    """Q-37, Q-38: and nothing else of the patch is done."""
    client.create_queue("q", {"b": 1})

    answer = client.update_queue("q", [add("b", 2), operation(key)])

    assert answer.error == (409, "Resource conflict")
    assert client.show_queue("q").body["b"] == 1


def test_the_result_is_validated_as_a_whole(client):
    """Q-31, Q-38"""
    client.create_queue("q")

    answer = client.update_queue("q", [add("a", 1), add("_default_message_ttl", 1)])

    assert answer.error == (400, "Invalid request body")
    assert client.show_queue("q").body == DEFAULT_METADATA
    assert client.update_queue("q", [add("_default_message_ttl", 1), add("_default_message_ttl", 60)]).status == 200


@pytest.mark.parametrize("media_type", [None, "application/json", "application/json-patch+json", "text/plain", ""])
def test_another_media_type_is_refused(client, media_type):
    """Q-33, O-26"""
    client.create_queue("q")

    answer = client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=media_type)

    assert answer.error == (415, "415 Unsupported Media Type")
    assert answer.headers["accept-patch"] == PATCH_TYPE
    assert (media_type or "there is none") in answer.body["description"]


@pytest.mark.parametrize("media_type", [PATCH_TYPE.upper(), f"{PATCH_TYPE}; charset=utf-8", f"{PATCH_TYPE};"])
def test_the_media_type_may_be_spelled_freely(client, media_type):
    """O-27"""
    client.create_queue("q")

    assert client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=media_type).status == 200


@pytest.mark.parametrize("document", [{}, {"op": "add"}, [1], [None], [[]], ["add"], [{}], [{"op": "add"}]])
def test_a_document_that_is_no_patch_is_refused(client, document):
    """Q-34, O-22"""
    client.create_queue("q")

    assert client.update_queue("q", document).error == (400, "Invalid request body")


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/metadata/a", "value": 1},
        {"op": "move", "path": "/metadata/a", "from": "/metadata/b"},
        {"op": "copy", "path": "/metadata/a", "from": "/metadata/b"},
        {"op": "ADD", "path": "/metadata/a", "value": 1},
        {"op": None, "path": "/metadata/a", "value": 1},
        {"op": ["add"], "path": "/metadata/a", "value": 1},
        {"path": "/metadata/a", "value": 1},
        {"op": "add", "value": 1},
        {"op": "add", "path": "/metadata/a"},
        {"op": "replace", "path": "/metadata/a"},
    ],
)
def test_an_operation_that_cannot_be(client, operation):
    """Q-35"""
    client.create_queue("q", {"a": 1, "b": 1})

    assert client.update_queue("q", [operation]).error == (400, "Invalid request body")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "a",
        "metadata/a",
        "/metadata",
        "/metadata/",
        "/metadata/a/",
        "/metadata/a/b",
        "/metadata//a",
        "/other/a",
        "/a",
        "/metadata/~",
        "/metadata/~2",
        "/metadata/a~",
        "/metadata/ ",
        "///metadata/a",
        None,
        1,
        [],
        {},
    ],
)
@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_a_path_that_cannot_be(client, op, path):
    """Q-36, O-22, O-24"""
    client.create_queue("q", {"a": 1})

    answer = client.update_queue("q", [{"op": op, "path": path, "value": 1}])

    assert answer.error == (400, "Invalid request body")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/metadata/a~1b", "a/b"),
        ("/metadata/a~0b", "a~b"),
        ("/metadata/a~01b", "a~1b"),
        ("/metadata/ a ", "a"),
        ("/METADATA/a", "a"),
        ("//metadata/a", "a"),
        ("/metadata/a.b", "a.b"),
        ("/metadata/ü", "ü"),
    ],
)
def test_a_path_that_may_be(client, path, key):
    """Q-36, O-24"""
    client.create_queue("q")

    answer = client.update_queue("q", [{"op": "add", "path": path, "value": 1}])

    assert answer.body == {**DEFAULT_METADATA, key: 1}


def test_further_members_of_an_operation_are_ignored(client):
    """Q-35"""
    client.create_queue("q", {"a": 1})

    assert client.update_queue("q", [{**remove("a"), "value": 1, "more": 2}]).status == 200


def test_there_has_to_be_a_patch(client):
    """Q-34"""
    client.create_queue("q")

    assert client.request("PATCH", "/v2/queues/q", Content_Type=PATCH_TYPE).error == (400, "Invalid request body")


def test_checks_come_in_order(client):
    """Q-30: size, media type, body, operations, queue."""
    long = b"[" + b" " * 65536 + b"]"

    assert client.request("PATCH", "/v2/queues/q", long).error == (400, "Invalid request body")
    assert client.request("PATCH", "/v2/queues/q").status == 415
    assert client.request("PATCH", "/v2/queues/q", b"[1]", Content_Type=PATCH_TYPE).status == 400
    assert client.request("PATCH", "/v2/queues/q", b"[]", Content_Type=PATCH_TYPE).status == 404


def test_metadata_cannot_grow_beyond_the_limit_by_patching(client):
    """O-25"""
    client.create_queue("q")
    half = "x" * 33_000

    first = client.update_queue("q", [add("a", half)])
    second = client.update_queue("q", [add("b", half)])

    assert (first.status, second.error) == (200, (400, "Invalid request body"))
    assert "b" not in json.loads(client.show_queue("q").data)
