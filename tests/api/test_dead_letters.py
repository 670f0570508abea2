"""Messages that were claimed too often (http C-10, O-48)."""

import pytest

from zaqar.errors import NotFound


def _queue(client, **metadata):
    client.create_queue("q", {"_max_claim_count": 2, "_dead_letter_queue": "dead", **metadata})


def _claim_and_release(client, times=1):
    for _ in range(times):
        client.release("q", client.claim("q").claim_id)


def test_a_message_claimed_too_often_moves_to_the_other_queue(client):
    """C-10: which is created as a post would."""
    _queue(client)
    client.post("q", {"a": 1})
    _claim_and_release(client, times=2)

    assert client.claim("q").messages == []

    assert client.stats("q").total == 0
    assert client.list_queues().names == ["dead", "q"]
    assert client.list("dead", echo=True).bodies == [{"a": 1}]


def test_the_claim_goes_on_with_the_messages_behind(client):
    """C-10"""
    _queue(client)
    client.post("q", "old")
    _claim_and_release(client, times=2)
    client.post("q", "new", "newer")

    assert client.claim("q", limit=2).bodies == ["new", "newer"]
    assert client.list("dead", echo=True).bodies == ["old"]


def test_the_moved_message_starts_anew(client, clock):
    """O-48: unclaimed, claim count 0, a lifetime of its own."""
    _queue(client, _dead_letter_queue_messages_ttl=500)
    (old_id,) = client.post("q", 1, ttl=100).ids
    clock.move(10)
    _claim_and_release(client, times=2)
    client.claim("q")

    (moved,) = client.list("dead", echo=True).messages

    assert (moved.ttl, moved.age, moved.claim_id) == (500, 0, None)
    assert client.get("q", old_id).error is NotFound
    clock.move(499)
    assert client.pop("dead", 1).messages[0].claim_count == 0


def test_without_a_ttl_of_its_own_it_keeps_the_messages(client):
    """C-10"""
    _queue(client)
    client.post("q", 1, ttl=1000)
    _claim_and_release(client, times=2)
    client.claim("q")

    assert client.list("dead", echo=True).messages[0].ttl == 1000


def test_the_count_survives_renewal_and_expiry(client, clock):
    """O-48"""
    _queue(client)
    client.post("q", 1)
    client.renew("q", client.claim("q", {"ttl": 60}).claim_id, {"ttl": 60})
    clock.move(60)
    client.claim("q", {"ttl": 60})
    clock.move(60)

    assert client.claim("q").messages == []
    assert client.list("dead", echo=True).bodies == [1]


@pytest.mark.parametrize(
    "metadata",
    [
        {"_max_claim_count": 2},
        {"_dead_letter_queue": "dead"},
        {"_dead_letter_queue": "dead", "_max_claim_count": 0},
        {"_dead_letter_queue": "dead", "_max_claim_count": None},
        {"_dead_letter_queue": "dead", "_max_claim_count": -1},
    ],
)
def test_without_both_settings_nothing_moves(client, metadata):
    """C-10, O-73: a count that is never reached moves nothing either."""
    client.create_queue("q", metadata)
    client.post("q", 1)
    _claim_and_release(client, times=5)

    assert client.claim("q").bodies == [1]
    assert client.list_queues().names == ["q"]


def test_a_rule_made_later_holds_for_messages_claimed_before(client):
    client.post("q", 1)
    _claim_and_release(client, times=3)
    client.update_queue(
        "q",
        [
            {"op": "add", "path": "/metadata/_max_claim_count", "value": 3},
            {"op": "add", "path": "/metadata/_dead_letter_queue", "value": "dead"},
        ],
    )

    assert client.claim("q").messages == []
    assert client.list("dead", echo=True).bodies == [1]


def test_another_projects_queue_of_that_name_gets_nothing(client):
    _queue(client)
    stranger = client.stranger()
    stranger.create_queue("dead")
    client.post("q", 1)
    _claim_and_release(client, times=2)
    client.claim("q")

    assert stranger.list("dead", echo=True).bodies == []
