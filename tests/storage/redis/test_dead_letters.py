"""Dead letters arrive once, in order and unclaimed, whatever happens on their way. W-R22."""

import contextlib
import itertools
from functools import partial

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, ids, listed, numbers, post, sweep_all
from tests.conformance.threads import together
from tests.storage.redis.crashes import Crash
from tests.storage.redis.structures import Structures
from zaqar.storage.ids import named
from zaqar.storage.redis.messages import dead_letters, leaving, sweep

WAY = 7
"""Commands of a claim that moves messages: the claim, two that prepare their leaving, the step, three that post them."""


@pytest.fixture
def dead(store):
    key = queue_key()
    store.records.create(key)
    return key


@pytest.fixture
def worn(store, queue):
    """Three messages that were claimed once, and two that were not."""
    post(store, queue, *numbered_messages(3))
    store.claims.release(queue, named(claim(store, queue, limit=3).id))
    return post(store, queue, *numbered_messages(2, first=3))


def test_a_dead_letter_is_unclaimed_and_lives_anew(store, queue, dead, clock, client):
    """W-R22: it kept its claim and its old end."""
    post(store, queue, new_message(ttl=100))
    store.claims.release(queue, named(claim(store, queue, ttl=60).id))
    clock.move(90)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    clock.move(99)
    (message,) = listed(store, dead)
    assert (message.claim_id, message.claim_count, message.age, message.ttl) == (None, 0, 99, 100)
    for key in (queue, dead):
        Structures(client, key).check()
    clock.move(1)
    assert everything(store, dead) == []


def test_the_claim_itself_is_one_script_where_nothing_moves(store, queue, dead, watch, worn):
    """W-R22: each message was looked at by a round trip of its own."""
    with watch() as sent:
        held = claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=2))

    assert len(held.messages) == 5
    assert len(sent) == 1


def test_the_way_of_any_number_takes_the_same_commands(store, queue, dead, watch, worn):
    """W-R22."""
    with watch() as sent:
        held = claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert numbers(held.messages) == [3, 4]
    assert [one.name for one in sent] == [
        *("EVALSHA", "EXISTS", "EVALSHA"),  # the claim that finds them, the target, a note for the sweep
        "EVALSHA",  # the step in which they leave and the others are claimed
        *("HMGET", "EVALSHA", "HDEL"),  # their post
    ]


@pytest.mark.parametrize("crash", [*itertools.product(range(1, WAY + 1), ["lost", "answered"])], ids=str)
def test_after_a_crash_the_sweep_finishes_the_way(store, queue, dead, worn, crashing, crash, client):
    """W-R22: no message is lost, none comes twice, and their order is kept."""
    rule = dead_letter_rule(dead)
    commands, last = crash
    process = crashing(commands, loses_last=last == "lost")
    with contextlib.nullcontext() if crash == (WAY, "answered") else pytest.raises(Crash):
        claim(process, queue, dead_letter=rule)

    store.sweep()

    found = numbers(everything(store, queue)), numbers(listed(store, dead))
    assert found in [([0, 1, 2, 3, 4], []), ([3, 4], [0, 1, 2])]
    claim(store, queue, dead_letter=rule)
    assert numbers(everything(store, queue)) == [3, 4]
    assert numbers(listed(store, dead)) == [0, 1, 2]
    for key in (queue, dead):
        Structures(client, key).check()


def test_a_post_on_the_way_is_remembered_longer_than_the_sweep_takes_to_come(
    store, queue, dead, worn, crashing, client
):
    """W-R22: a sweep an interval after the crash would else post it again."""
    with pytest.raises(Crash):
        claim(crashing(6), queue, dead_letter=dead_letter_rule(dead))

    (lifetime,) = (seconds for seconds in Structures(client, dead).lifetimes.values() if seconds >= 0)
    assert lifetime > sweep.SEARCHED_EVERY + 10 * sweep.INTERVAL


def test_several_that_finish_the_same_way_post_once(store, queue, dead, worn, crashing):
    """W-R22."""
    with pytest.raises(Crash):
        claim(crashing(4), queue, dead_letter=dead_letter_rule(dead))
    assert numbers(everything(store, queue)) == [3, 4]
    assert listed(store, dead) == []

    together(*[partial(store.parts.leaving.forward, queue)] * 6)

    assert numbers(listed(store, dead)) == [0, 1, 2]


def test_the_way_ends_where_the_source_is_deleted_meanwhile(store, queue, dead, worn, crashing, client):
    """W-R22, W-R23: what has left belongs to the other queue."""
    with pytest.raises(Crash):
        claim(crashing(4), queue, dead_letter=dead_letter_rule(dead))
    store.records.delete(queue)

    store.sweep()

    assert numbers(listed(store, dead)) == [0, 1, 2]
    assert Structures(client, queue).lasting == set()


def test_the_way_ends_where_the_target_is_deleted_meanwhile(store, queue, dead, worn, crashing, client):
    """W-R22: they go as what was in it went."""
    with pytest.raises(Crash):
        claim(crashing(4), queue, dead_letter=dead_letter_rule(dead))
    store.records.delete(dead)

    store.sweep()

    assert Structures(client, queue).leaving == {}
    assert Structures(client, dead).keys == set()


def test_what_a_claim_leaves_when_its_time_is_over_the_sweep_moves(store, queue, dead, clock, client, monkeypatch):
    monkeypatch.setattr(dead_letters, "PATIENCE", 0.0)
    many = 3 * leaving.BATCH
    post(store, queue, *numbered_messages(many))
    store.claims.release(queue, named(claim(store, queue, limit=many).id))
    post(store, queue, *numbered_messages(1, first=many))

    held = claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))

    assert held.messages == ()
    assert 0 < store.records.stats(dead).total < many
    clock.move(leaving.RESCUE)
    sweep_all(store)
    assert numbers(listed(store, dead)) == list(range(many))
    assert numbers(listed(store, queue)) == [many]
    for key in (queue, dead):
        Structures(client, key).check()


def test_bodies_of_any_bytes_arrive_as_they_were(store, queue, dead):
    """W-R22: many on one way are told apart by their lengths."""
    bodies = [b'"a\\nb"', '"ü€😀"'.encode(), b'"\n\n"', b"[1, 2]", b'"' + b"x" * 100_000 + b'"', b"{}"]
    messages = [new_message(body, checksum=f"MD5:{number}") for number, body in enumerate(bodies)]
    post(store, queue, *messages, client_id=PRODUCER)
    store.claims.release(queue, named(claim(store, queue).id))

    claim(store, queue, dead_letter=dead_letter_rule(dead, ttl=500))

    moved = listed(store, dead)
    assert [message.body for message in moved] == bodies
    assert [message.checksum for message in moved] == [f"MD5:{number}" for number in range(6)]
    assert {message.ttl for message in moved} == {500}
    assert ids(moved) == sorted(ids(moved))
    assert listed(store, dead, hidden_client_id=PRODUCER) == []
