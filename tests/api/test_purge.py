"""Purging (http section 6.6)."""

import pytest

from tests.api.client import DEFAULT_METADATA
from tests.api.outcomes import NO_COUNTS
from zaqar.errors import Invalid, InvalidBody, NotFound


@pytest.mark.parametrize(
    "document", [{"resource_types": ["messages"]}, {"resource_types": ["messages", "subscriptions"]}]
)
def test_every_message_goes_and_the_queue_stays(client, document):
    """Q-26, Q-27, Q-28, O-18: claimed and delayed messages too."""
    client.create_queue("q", {"a": 1})
    client.post("q", 1, 2)
    client.post("q", 3, delay=100)
    claim_id = client.claim("q", limit=1).claim_id

    assert client.purge("q", document).is_done

    assert client.list("q", echo=True, include_claimed=True, include_delayed=True).bodies == []
    assert client.stats("q") == NO_COUNTS
    assert client.show_claim("q", claim_id).error is NotFound
    assert client.show_queue("q").metadata == {**DEFAULT_METADATA, "a": 1}


def test_without_a_body_everything_goes(client):
    """Q-26"""
    client.post("q", *range(30))

    assert client.purge("q").is_done
    assert client.stats("q").total == 0
    assert client.post("q", 1).is_done


@pytest.mark.parametrize("document", [{"resource_types": []}, {"resource_types": ["subscriptions"], "more": 1}])
def test_what_is_not_named_stays(client, document):
    """Q-26"""
    client.post("q", 1)

    assert client.purge("q", document).is_done
    assert client.list("q", echo=True).bodies == [1]


def test_a_missing_queue_is_purged_and_not_created(client):
    """Q-27"""
    assert client.purge("q").is_done
    assert client.list_queues().names == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"other": []},
        {"resource_types": None},
        {"resource_types": 1},
        {"resource_types": "messages"},
        {"resource_types": {"messages": 1}},
        {"resource_types": ["claims"]},
        {"resource_types": ["messages", None]},
        {"resource_types": [["messages"]]},
        {"resource_types": [{}]},
    ],
)
def test_a_document_that_names_nothing_known_is_refused(client, document):
    """Q-27, O-23"""
    client.post("q", 1)

    assert client.purge("q", document).error is Invalid
    assert client.list("q", echo=True).bodies == [1]


def test_an_array_is_refused(client):
    """O-23"""
    assert client.purge("q", ["resource_types"]).error is InvalidBody
