"""Messages and claims end when they say, and leave nothing behind. W-R7, W-R8, W-R9, W-R10."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, listed, numbers, post
from tests.storage.redis.opening import message_store
from tests.storage.redis.structures import Structures
from zaqar.cmd import gc
from zaqar.errors import ClaimNotFound
from zaqar.storage.ids import named


def test_redis_ends_no_key_of_a_queue_by_itself(store, queue, client):
    """W-R7: a message had a key whose ttl the claim did not extend, and was gone while it was claimed."""
    post(store, queue, *numbered_messages(3, ttl=1), new_message(ttl=1, delay=1), new_message(ttl=10**9))
    held = claim(store, queue, ttl=300, grace=60, limit=2)
    store.claims.renew(queue, named(held.id), ttl=600, grace=60)

    found = Structures(client, queue)

    assert found.lasting
    assert {found.lifetimes[key] for key in found.lasting} == {-1}
    assert found.keys > found.lasting, "but for the tokens of the posts"


def test_a_claimed_message_outlives_its_own_end_in_every_view(store, queue, clock):
    """W-R7: then updating and deleting the claim were answered with 503."""
    post(store, queue, new_message(ttl=60))
    held = claim(store, queue, ttl=300, grace=60)

    clock.move(299)

    assert store.sweep() == 0
    assert len(store.claims.get(queue, named(held.id)).messages) == 1
    store.claims.renew(queue, named(held.id), ttl=300, grace=60)
    clock.move(299)
    store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
    assert everything(store, queue) == []


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_claim_that_has_ended_is_missing_and_no_fault(store, queue, clock, is_settled):
    """W-R8: getting, updating and deleting it were answered with 503."""
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, ttl=60)
    clock.move(60)
    if is_settled:
        store.sweep()

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(held.id), ttl=60, grace=60)
    store.claims.release(queue, named(held.id))

    assert numbers(claim(store, queue).messages) == [0, 1, 2]


def test_a_claim_whose_messages_have_ended_is_missing_and_no_fault(store, queue, clock):
    """W-R8."""
    post(store, queue, new_message(ttl=60))
    held = claim(store, queue, ttl=60, grace=0)
    clock.move(60)

    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(held.id))
    store.claims.release(queue, named(held.id))
    assert everything(store, queue) == []


def test_stats_go_on_when_claims_and_the_messages_at_both_ends_have_ended(store, queue, clock):
    """W-R9: they were answered with 503, and showed the bodies of messages."""
    post(store, queue, *numbered_messages(5, ttl=60), new_message(), *numbered_messages(5, ttl=60))
    claim(store, queue, ttl=60, grace=0, limit=3)
    clock.move(60)

    stats = store.records.stats(queue)

    assert (stats.claimed, stats.free, stats.total) == (0, 1, 1)
    assert stats.oldest == stats.newest
    assert set(vars(stats.oldest) if hasattr(stats.oldest, "__dict__") else stats.oldest.__slots__) == {
        "id",
        "age",
        "created",
    }


@pytest.mark.parametrize("expired", [199, 200, 201, 1000])
def test_stats_show_no_expired_message_however_many_there_are(store, queue, clock, expired):
    """W-R9."""
    post(store, queue, *numbered_messages(expired, ttl=60))
    (kept,) = post(store, queue, new_message())
    post(store, queue, *numbered_messages(expired, ttl=60))
    clock.move(60)

    stats = store.records.stats(queue)

    assert stats.total >= 1
    assert {stats.oldest.id, stats.newest.id} == {kept}


def test_the_sweep_skips_nothing_in_queues_that_nobody_uses(store, clock, client):
    """W-R10: it walked by number while it deleted, and so stepped over a hundred entries each time."""
    queues = [queue_key() for _ in range(5)]
    for queue in queues:
        store.records.create(queue)
        post(store, queue, *numbered_messages(1050, ttl=60), *numbered_messages(10, ttl=100, delay=30))
        claim(store, queue, limit=450, ttl=50, grace=0)
    clock.move(100)

    gone = store.sweep()

    assert gone == 5 * (1060 + 1)
    for queue in queues:
        found = Structures(client, queue)
        assert found.lasting == {found.record}
    assert store.sweep() == 0


def test_a_queue_is_found_by_the_sweep_whatever_it_is_called(store, clock, client):
    """W-R10, W-R12: the name of a queue with a dot in it was read wrong."""
    queues = [
        queue_key(project=project, name=name)
        for project in ("", "a.b", "{x}", "[*]?", "a:expiry", "ü/€", "%25")
        for name in ("q", "a.b.c", "q.messages", "q}:expiry", "é*[")
    ]
    for queue in queues:
        store.records.create(queue)
        post(store, queue, new_message(ttl=60))
    clock.move(60)

    assert store.sweep() == len(queues)
    for queue in queues:
        found = Structures(client, queue)
        assert found.lasting == {found.record}


def test_one_of_all_processes_sweeps_at_a_time(server, store, client):
    """W-R10: and another one when that one has gone."""
    other = message_store(server.uri)

    turns = [one.is_turn_to_sweep() for one in (store, other, store, other)]

    assert turns == [True, False, False, False]
    assert 0 < client.ttl("zaqar:sweep") <= 30
    client.delete("zaqar:sweep")
    assert other.is_turn_to_sweep()
    other.close()


def test_the_command_collects(server, store, queue, tmp_path, capfd, client):
    """W-R10: it did nothing at all. The clock of the test stands later than the server's, so the time is set back."""
    store.parts.clock.move(-(10**9))
    post(store, queue, *numbered_messages(7, ttl=60))
    configuration = tmp_path / "zaqar.conf"
    configuration.write_text(
        "[drivers]\nmessage_store = redis\nmanagement_store = redis\n"
        f"[drivers:message_store:redis]\nuri = {server.uri}\n"
    )

    status = gc.main(["--config-file", str(configuration)])

    assert (status, capfd.readouterr().out) == (0, "7 expired messages and claims reclaimed\n")
    assert Structures(client, queue).lasting == {Structures(client, queue).record}


def test_an_operation_reclaims_what_has_ended_in_its_queue(store, queue, clock, client):
    """W-R10: nothing depends on the sweep."""
    post(store, queue, *numbered_messages(100, ttl=60))
    clock.move(60)

    listed(store, queue)

    assert Structures(client, queue).lasting == {Structures(client, queue).record}
