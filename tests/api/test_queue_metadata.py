"""Reserved metadata: what it may be, by PUT and by PATCH alike (http Q-14 to Q-16)."""

import pytest

from tests.api.client import DEFAULT_METADATA
from zaqar.errors import Invalid, InvalidBody

GOOD = [
    ("_default_message_ttl", (60, 1209600, None)),
    ("_max_messages_post_size", (1, 262144, None)),
    ("_default_message_delay", (0, 900, None)),
    ("_dead_letter_queue", ("other", None)),
    ("_dead_letter_queue_messages_ttl", (60, 1209600, None)),
    ("_max_claim_count", (0, 1, -1, 2**63 - 1, None)),
    ("_discard", (True, False, None)),
    ("_enable_encrypt_messages", (False, None, 0, "")),
    ("_flavor", ("fast", None, 7)),
    (
        "_retry_policy",
        (
            None,
            {},
            {"unknown": []},
            {"minimum_delay": 5, "maximum_delay": 15, "retries_with_no_delay": 0, "minimum_delay_retries": 1},
            {"maximum_delay_retries": 3, "retry_backoff_function": "geometric", "ignore_subscription_override": True},
            {"minimum_delay": 20},
            {"maximum_delay": 15},
        ),
    ),
]
BAD_INTEGERS = (True, False, "60", "", [], {}, 60.5, [60])
BAD = [
    ("_default_message_ttl", (0, 59, -1, 1209601, *BAD_INTEGERS)),
    ("_max_messages_post_size", (0, -1, 262145, *BAD_INTEGERS)),
    ("_default_message_delay", (-1, 901, *BAD_INTEGERS)),
    ("_dead_letter_queue", (1, True, [], {}, "", "a b", "x" * 65, "..", "q\n", "q")),
    ("_dead_letter_queue_messages_ttl", (0, 59, 1209601, *BAD_INTEGERS)),
    ("_max_claim_count", BAD_INTEGERS),
    ("_discard", (0, 1, "true", "", [], {})),
    ("_enable_encrypt_messages", (True, 1, "true", [1])),
    (
        "_retry_policy",
        (
            1,
            "",
            [],
            True,
            {"retries_with_no_delay": None},
            {"minimum_delay": None},
            {"maximum_delay": "30"},
            {"minimum_delay_retries": True},
            {"maximum_delay_retries": 1.5},
            {"retry_backoff_function": "cubic"},
            {"retry_backoff_function": ["linear"]},
            {"ignore_subscription_override": 1},
            {"minimum_delay": 25},
            {"maximum_delay": 4},
            {"minimum_delay": 10, "maximum_delay": 19},
        ),
    ),
]


def _cases(table):
    return [(key, value) for key, values in table for value in values]


@pytest.mark.parametrize(("key", "value"), _cases(GOOD))
def test_a_reserved_value_that_may_be(client, key, value):
    """Q-14, Q-16"""
    by_patch = [{"op": "add", "path": f"/metadata/{key}", "value": value}]

    assert client.create_queue("q", {key: value}).is_new
    assert client.update_queue("q", by_patch).is_done


@pytest.mark.parametrize(("key", "value"), _cases(BAD))
def test_a_reserved_value_that_cannot_be(client, key, value):
    """Q-14, Q-16, O-6, O-23, O-49; by PATCH E-BODY"""
    by_patch = [{"op": "add", "path": f"/metadata/{key}", "value": value}]

    by_put = client.create_queue("q", {key: value, "other": 1})

    assert by_put.error is Invalid
    assert key in by_put.sentence
    assert client.list_queues().names == []
    client.create_queue("q")
    assert client.update_queue("q", by_patch).error is InvalidBody
    assert client.show_queue("q").metadata == DEFAULT_METADATA


def test_what_is_to_be_kept_cannot_be_thrown_away(client):
    """Q-14"""
    kept = {"_dead_letter_queue": "dead", "_max_claim_count": 1}

    refused = client.create_queue("q", {**kept, "_discard": True})

    assert refused.error is Invalid
    assert "_discard" in refused.sentence
    assert client.create_queue("q", {**kept, "_discard": False}).is_new
    by_patch = [{"op": "replace", "path": "/metadata/_discard", "value": True}]
    assert client.update_queue("q", by_patch).error is InvalidBody
    assert client.update_queue("q", [*by_patch, {"op": "remove", "path": "/metadata/_dead_letter_queue"}]).is_done


def test_the_default_ttl_and_the_default_delay_are_those_of_new_messages(client, clock):
    """M-8, M-9"""
    client.create_queue("q", {"_default_message_ttl": 100, "_default_message_delay": 30})
    client.post("q", "late")
    client.post("q", "now", delay=0, ttl=200)

    assert client.list("q", echo=True).bodies == ["now"]
    clock.move(30)
    assert [(m.body, m.ttl) for m in client.list("q", echo=True).messages] == [
        ("late", 100),
        ("now", 200),
    ]


def test_a_change_of_metadata_is_in_force_at_once(client):
    """Storage R6.4.1: a process sees its own change."""
    client.create_queue("q")
    client.post("q", 1)
    client.update_queue("q", [{"op": "add", "path": "/metadata/_default_message_ttl", "value": 77}])
    client.post("q", 2)
    client.delete_queue("q")
    client.create_queue("q", {"_default_message_ttl": 88})
    client.post("q", 3)

    assert [m.ttl for m in client.list("q", echo=True).messages] == [88]
