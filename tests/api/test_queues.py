"""Creating, showing and deleting queues (http sections 6.2 to 6.4)."""

import json

import pytest

from tests.api.client import DEFAULT_METADATA


def test_a_new_queue_is_created_and_an_existing_one_left_as_it_is(client):
    """Q-12, O-19"""
    created = client.create_queue("q", {"colour": "red"})
    repeated = client.create_queue("q", {"colour": "blue", "more": 1})

    assert (created.status, created.location, created.data) == (201, "/v2/queues/q", b"")
    assert (repeated.status, repeated.location, repeated.data) == (204, "/v2/queues/q", b"")
    assert client.show_queue("q").body == {**DEFAULT_METADATA, "colour": "red"}


def test_metadata_is_free(client):
    """Q-11, clients K-6: what the service does not know is kept as it is."""
    metadata = {"name": "q", "_unknown": [1, {"a.b": None, "$x": 1.5}], "ü": "€", "": False, "_flavor": "fast"}

    client.create_queue("q", metadata)

    assert client.show_queue("q").body == {**DEFAULT_METADATA, **metadata}


def test_an_invalid_body_is_refused_for_an_existing_queue_too(client):
    """Q-12"""
    client.create_queue("q")

    assert client.create_queue("q", {"_default_message_ttl": 1}).status == 400
    assert client.request("PUT", "/v2/queues/q", b"{").status == 400


def test_a_body_may_be_as_long_as_the_limit(client):
    """Q-13"""
    frame = len(json.dumps({"a": ""}))
    fitting = json.dumps({"a": "x" * (65536 - frame)}).encode()

    assert client.request("PUT", "/v2/queues/fits", fitting).status == 201
    assert client.request("PUT", "/v2/queues/long", fitting + b" ").error == (400, "Invalid API request")
    assert client.list_queues().names == ["fits"]


def test_a_missing_queue_shows_the_defaults_and_is_not_created(client):
    """Q-17, Q-18, Q-19"""
    answer = client.show_queue("q")

    assert (answer.status, answer.body) == (200, DEFAULT_METADATA)
    assert client.list_queues().body == {"queues": [], "links": []}


def test_the_defaults_are_those_of_the_service(configured):
    """Q-18"""
    client = configured(
        "[transport]\nmax_messages_post_size = 1000\ndefault_message_ttl = 100\ndefault_message_delay = 5\n"
    )

    assert client.show_queue("q").body == {
        **DEFAULT_METADATA,
        "_max_messages_post_size": 1000,
        "_default_message_ttl": 100,
        "_default_message_delay": 5,
    }


def test_values_that_say_nothing_are_shown_as_defaults(client):
    """Q-18, O-73"""
    metadata = {"_max_claim_count": 0, "_default_message_delay": 0, "_dead_letter_queue": None, "other": 0}

    client.create_queue("q", metadata)

    assert client.show_queue("q").body == {**DEFAULT_METADATA, "other": 0}


def test_a_queue_goes_with_everything_in_it(client):
    """Q-20, Q-21"""
    client.create_queue("q", {"a": 1})
    ids = client.post("q", 1, 2, 3).ids
    claim_id = client.claim("q", limit=1).claim_id

    assert (client.delete_queue("q").status, client.delete_queue("q").status) == (204, 204)

    assert client.list_queues().names == []
    assert client.show_queue("q").body == DEFAULT_METADATA
    assert client.list("q", echo=True, include_claimed=True).body == {"messages": [], "links": []}
    assert client.stats("q").body == {"messages": {"claimed": 0, "free": 0, "total": 0}}
    assert client.show_claim("q", claim_id).status == 404
    assert client.get_many("q", *ids).status == 404
    assert [client.delete("q", message_id).status for message_id in ids] == [204, 204, 204]


def test_a_queue_created_anew_is_empty(client):
    """Q-20"""
    client.create_queue("q", {"a": 1})
    client.post("q", 1)
    client.delete_queue("q")

    assert client.create_queue("q").status == 201
    assert client.show_queue("q").body == DEFAULT_METADATA
    assert client.list("q", echo=True).bodies == []


@pytest.mark.parametrize("project_count", [2])
def test_queues_of_two_projects_may_have_one_name(client, project_count):
    stranger = client.stranger()
    client.create_queue("q", {"owner": 1})
    stranger.create_queue("q", {"owner": project_count})

    client.delete_queue("q")

    assert stranger.show_queue("q").body["owner"] == project_count
