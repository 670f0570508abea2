"""Creating, showing and deleting queues (http sections 6.2 to 6.4)."""

import pytest

from tests.api.client import DEFAULT_METADATA
from tests.api.outcomes import NO_COUNTS, NO_MESSAGES, NO_QUEUES, Done
from zaqar.errors import Invalid, InvalidBody, NotFound


def test_a_new_queue_is_created_and_an_existing_one_left_as_it_is(client):
    """Q-12, O-19"""
    created = client.create_queue("q", {"colour": "red"})
    repeated = client.create_queue("q", {"colour": "blue", "more": 1})

    assert (created.is_new, repeated.is_new) == (True, False)
    assert client.show_queue("q").metadata == {**DEFAULT_METADATA, "colour": "red"}


def test_metadata_is_free(client):
    """Q-11, clients K-6: what the service does not know is kept as it is."""
    metadata = {"name": "q", "_unknown": [1, {"a.b": None, "$x": 1.5}], "ü": "€", "": False, "_flavor": "fast"}

    client.create_queue("q", metadata)

    assert client.show_queue("q").metadata == {**DEFAULT_METADATA, **metadata}


def test_an_invalid_body_is_refused_for_an_existing_queue_too(client):
    """Q-12"""
    client.create_queue("q")

    assert client.create_queue("q", {"_default_message_ttl": 1}).error is Invalid
    assert client.create_queue("q", {"size": 2**63}).error is InvalidBody


def test_a_missing_queue_shows_the_defaults_and_is_not_created(client):
    """Q-17, Q-18, Q-19"""
    assert client.show_queue("q").metadata == DEFAULT_METADATA
    assert client.list_queues() == NO_QUEUES


def test_the_defaults_are_those_of_the_service(configured):
    """Q-18"""
    client = configured(
        "[transport]\nmax_messages_post_size = 1000\ndefault_message_ttl = 100\ndefault_message_delay = 5\n"
    )

    assert client.show_queue("q").metadata == {
        **DEFAULT_METADATA,
        "_max_messages_post_size": 1000,
        "_default_message_ttl": 100,
        "_default_message_delay": 5,
    }


def test_values_that_say_nothing_are_shown_as_defaults(client):
    """Q-18, O-73"""
    metadata = {"_max_claim_count": 0, "_default_message_delay": 0, "_dead_letter_queue": None, "other": 0}

    client.create_queue("q", metadata)

    assert client.show_queue("q").metadata == {**DEFAULT_METADATA, "other": 0}


def test_a_queue_goes_with_everything_in_it(client):
    """Q-20, Q-21"""
    client.create_queue("q", {"a": 1})
    ids = client.post("q", 1, 2, 3).ids
    claim_id = client.claim("q", limit=1).claim_id

    assert (client.delete_queue("q"), client.delete_queue("q")) == (Done(), Done())

    assert client.list_queues().names == []
    assert client.show_queue("q").metadata == DEFAULT_METADATA
    assert client.list("q", echo=True, include_claimed=True) == NO_MESSAGES
    assert client.stats("q") == NO_COUNTS
    assert client.show_claim("q", claim_id).error is NotFound
    assert client.get_many("q", *ids).error is NotFound
    assert [client.delete("q", message_id) for message_id in ids] == [Done()] * 3


def test_a_queue_created_anew_is_empty(client):
    """Q-20"""
    client.create_queue("q", {"a": 1})
    client.post("q", 1)
    client.delete_queue("q")

    assert client.create_queue("q").is_new
    assert client.show_queue("q").metadata == DEFAULT_METADATA
    assert client.list("q", echo=True).bodies == []


@pytest.mark.parametrize("project_count", [2])
def test_queues_of_two_projects_may_have_one_name(client, project_count):
    stranger = client.stranger()
    client.create_queue("q", {"owner": 1})
    stranger.create_queue("q", {"owner": project_count})

    client.delete_queue("q")

    assert stranger.show_queue("q").metadata["owner"] == project_count


def test_projects_see_nothing_of_one_another(client):
    """X-23: nothing leaks."""
    stranger = client.stranger()
    client.create_queue("q", {"secret": 1})
    (message_id,) = client.post("q", "secret").ids
    claim_id = client.claim("q").claim_id

    assert stranger.list_queues().names == []
    assert "secret" not in stranger.show_queue("q").metadata
    assert stranger.list("q", echo=True, include_claimed=True).bodies == []
    assert stranger.get("q", message_id).error is NotFound
    assert stranger.get_many("q", message_id).error is NotFound
    assert stranger.show_claim("q", claim_id).error is NotFound
    assert stranger.renew("q", claim_id, {}).error is NotFound
    assert stranger.release("q", claim_id).is_done
    assert stranger.delete("q", message_id, claim_id=claim_id).is_done
    assert stranger.delete_many("q", message_id).is_done
    assert stranger.pop("q", 1).bodies == []
    assert stranger.purge("q").is_done
    assert stranger.delete_queue("q").is_done
    assert client.show_claim("q", claim_id).ids == [message_id]
