"""What is known of a message beyond what is shown of it everywhere (http M-52, M-53)."""

import pytest

from tests.api.client import messages

every_source = pytest.mark.parametrize("source", ["queues/q", "topics/q"])


def _details(client, message_id, source="queues/q"):
    return client.ask("GET", f"/{source}/messages/{message_id}/details")


@every_source
def test_of_a_message_that_nobody_has_touched_there_is_little(client, clock, source):
    """M-52"""
    (message_id,) = client.ask("POST", f"/{source}/messages", document=messages("secret", ttl=100)).ids
    clock.move(7)

    answer = _details(client, message_id, source)

    assert answer.status == 200
    assert answer.body == {
        "id": message_id,
        "href": f"/v2/{source}/messages/{message_id}",
        "ttl": 100,
        "age": 7,
        "claim_count": 0,
    }


def test_of_a_claimed_one_it_is_known_by_which_claim_and_until_when(client, clock):
    """M-52"""
    (message_id,) = client.post("q", 1).ids
    client.release("q", client.claim("q").claim_id)
    claim_id = client.claim("q", {"ttl": 60}).claim_id
    clock.move(10)

    shown = _details(client, message_id).body

    assert shown["claim_count"] == 2
    assert shown["claim_id"] == claim_id
    assert shown["href"].endswith(f"?claim_id={claim_id}")
    assert shown["claimed_until"] == clock.text(50)
    client.release("q", claim_id)
    assert {"claim_id", "claimed_until"}.isdisjoint(_details(client, message_id).body)


def test_of_a_delayed_one_it_is_known_when_it_is_due(client, clock):
    """M-52"""
    (message_id,) = client.post("q", 1, delay=100).ids

    assert _details(client, message_id).body["due"] == clock.text(100)
    clock.move(100)
    assert "due" not in _details(client, message_id).body


def test_of_a_dead_letter_it_is_known_why_it_is_one_and_where_it_was(client, clock):
    """M-53"""
    client.create_queue(
        "q", {"_max_claim_count": 2, "_dead_letter_queue": "dead", "_dead_letter_queue_messages_ttl": 500}
    )
    (original_id,) = client.post("q", "secret", ttl=1000).ids
    for _ in range(2):
        client.release("q", client.claim("q").claim_id)
    client.claim("q")
    (dead,) = client.list("dead", echo=True).messages
    died = clock.text()
    clock.move(5)

    shown = _details(client, dead.id, "queues/dead").body

    assert shown == {
        "id": dead.id,
        "href": f"/v2/queues/dead/messages/{dead.id}",
        "ttl": 500,
        "age": 5,
        "claim_count": 0,
        "reason": "max_claim_count",
        "source": {"queue": "q"},
        "original_id": original_id,
        "original_ttl": 1000,
        "attempts": 2,
        "dead_letter_at": died,
        "redriven": 0,
    }


def test_what_is_not_there_has_none(client, clock):
    """M-29, M-52"""
    (message_id,) = client.post("q", 1, ttl=60).ids

    for answer in (
        _details(client, "123"),
        _details(client, message_id, "queues/r"),
        _details(client, message_id, "topics/q"),
        _details(client.stranger(), message_id),
    ):
        assert answer.error == (404, "Not found")
    clock.move(60)
    assert _details(client, message_id).error == (404, "Not found")
