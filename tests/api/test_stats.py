"""Statistics of a queue (http section 6.5)."""

from datetime import UTC, datetime

from tests.api.outcomes import NO_COUNTS, Mark, Stats


def test_a_missing_or_empty_queue_has_three_zeroes(client):
    """Q-25, K-8"""
    missing = client.stats("q")
    client.create_queue("q")
    empty = client.stats("q")

    assert missing == NO_COUNTS
    assert empty == NO_COUNTS


def test_messages_are_counted_by_state(client):
    """Q-22: what is delayed is free."""
    client.post("q", 1, 2, 3)
    client.post("q", 4, delay=100)
    client.claim("q", limit=2)

    stats = client.stats("q")

    assert (stats.claimed, stats.free, stats.total) == (2, 2, 4)


def test_the_ends_of_a_queue_are_shown(client, clock):
    """Q-23, Q-24, O-47: claimed ones too, and nothing of what is in them."""
    (oldest,) = client.post("q", "first").ids
    clock.move(7)
    (newest,) = client.post("q", "last").ids
    clock.move(3)
    client.claim("q", limit=1)

    assert client.stats("q") == Stats(
        claimed=1,
        free=1,
        total=2,
        oldest=Mark(oldest, age=10, created=_utc(clock, 10)),
        newest=Mark(newest, age=3, created=_utc(clock, 3)),
    )


def test_a_queue_with_delayed_messages_only_has_ends(client):
    """O-47"""
    (message_id,) = client.post("q", 1, delay=100).ids

    stats = client.stats("q")

    assert (stats.free, stats.total) == (1, 1)
    assert stats.oldest.id == stats.newest.id == message_id


def test_what_is_deleted_or_expired_does_not_count(client, clock):
    """Q-22, M-5: expiry may lag by 60 seconds."""
    (first, *_) = client.post("q", 1, 2, 3, ttl=60).ids
    client.delete("q", first)
    client.pop("q", 1)

    assert client.stats("q").total == 1
    clock.move(120)
    assert client.stats("q") == NO_COUNTS


def _utc(clock, age):
    return datetime.fromtimestamp(clock.now() - age, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
