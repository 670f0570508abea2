"""Changing metadata (http section 6.8)."""

import pytest

from tests.api.client import DEFAULT_METADATA
from zaqar.errors import Conflict, InvalidBody, NotFound


def add(key, value):
    return {"op": "add", "path": f"/metadata/{key}", "value": value}


def replace(key, value):
    return {"op": "replace", "path": f"/metadata/{key}", "value": value}


def remove(key):
    return {"op": "remove", "path": f"/metadata/{key}"}


def test_operations_apply_in_order(client):
    """Q-31, Q-35, Q-37"""
    client.create_queue("q", {"a": 1, "b": 2})

    changed = client.update_queue("q", [add("c", 3), replace("a", {"x": None}), remove("b"), add("c", None)])

    assert changed.metadata == {**DEFAULT_METADATA, "a": {"x": None}, "c": None}
    assert client.show_queue("q").metadata == changed.metadata


def test_an_empty_patch_shows_the_queue(client):
    """Q-34"""
    client.create_queue("q", {"a": 1})

    assert client.update_queue("q", []).metadata == {**DEFAULT_METADATA, "a": 1}


def test_a_missing_queue_is_not_created(client):
    """Q-32"""
    assert client.update_queue("q", []).error is NotFound
    assert client.update_queue("q", [add("a", 1)]).error is NotFound
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

    assert changed.metadata == values
    assert reset.metadata == DEFAULT_METADATA
    assert again.metadata == DEFAULT_METADATA


@pytest.mark.parametrize("key", ["a", "_flavor", "_retry_policy"])
@pytest.mark.parametrize("operation", [remove, lambda key: replace(key, {})])
def test_what_is_not_there_cannot_be_replaced_or_removed(client, operation, key):
    """Q-37, Q-38: and nothing else of the patch is done."""
    client.create_queue("q", {"b": 1})

    answer = client.update_queue("q", [add("b", 2), operation(key)])

    assert answer.error is Conflict
    assert client.show_queue("q").metadata["b"] == 1


def test_the_result_is_validated_as_a_whole(client):
    """Q-31, Q-38"""
    client.create_queue("q")

    answer = client.update_queue("q", [add("a", 1), add("_default_message_ttl", 1)])

    assert answer.error is InvalidBody
    assert client.show_queue("q").metadata == DEFAULT_METADATA
    assert client.update_queue("q", [add("_default_message_ttl", 1), add("_default_message_ttl", 60)]).is_done


@pytest.mark.parametrize("document", [{}, {"op": "add"}, [1], [None], [[]], ["add"], [{}], [{"op": "add"}]])
def test_a_document_that_is_no_patch_is_refused(client, document):
    """Q-34, O-22"""
    client.create_queue("q")

    assert client.update_queue("q", document).error is InvalidBody


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

    assert client.update_queue("q", [operation]).error is InvalidBody


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

    assert answer.error is InvalidBody


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

    assert answer.metadata == {**DEFAULT_METADATA, key: 1}


def test_further_members_of_an_operation_are_ignored(client):
    """Q-35"""
    client.create_queue("q", {"a": 1})

    assert client.update_queue("q", [{**remove("a"), "value": 1, "more": 2}]).is_done


def test_metadata_cannot_grow_beyond_the_limit_by_patching(client):
    """O-25"""
    client.create_queue("q")
    half = "x" * 33_000

    first = client.update_queue("q", [add("a", half)])
    second = client.update_queue("q", [add("b", half)])

    assert (first.error, second.error) == (None, InvalidBody)
    assert "b" not in client.show_queue("q").metadata
