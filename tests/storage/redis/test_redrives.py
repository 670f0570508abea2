"""Redrives arrive once, or go back, wherever a process ends and whatever goes meanwhile; and what a step costs."""

import contextlib
import itertools
from functools import partial

import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import everything, listed, numbers
from tests.conformance.outbox_acts import bodies, log
from tests.conformance.redrive_acts import begin, bury, dead_letters, origin_in, queue_beside, step, step_to_end
from tests.conformance.threads import together
from tests.storage.redis.crashes import Crash
from tests.storage.redis.structures import Structures
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of, source_keys_of
from zaqar.storage.redis.messages import leaving

LEFT = 4


"""Commands of a step until messages have left: it looks, at the target too, makes a note for the sweep, and lets them leave."""


WAY = LEFT + 3


"""And until they have arrived: their envelopes, the post, and that it is done."""


LEFT_FOR_SUBSCRIPTION = LEFT + 1


"""It looks at the subscription besides."""


CRASHES = [*itertools.product(range(1, WAY + 1), ["lost", "answered"])]


CRASHES_FOR_SUBSCRIPTION = [*itertools.product(range(1, WAY + 2), ["lost", "answered"])]


def bodies_left(store, queue):
    return [int(body) for body in bodies(log(store, queue))]


def test_a_step_takes_the_same_commands_for_any_number(store, queue, dead, watch):
    begin(store, dead)

    with watch() as sent:
        step(store, dead)

    assert [one.name for one in sent] == ["EVALSHA", "EXISTS", *["EVALSHA"] * 2, "HMGET", "EVALSHA", "HDEL"]
    assert len(sent) == WAY


@pytest.mark.parametrize("crash", CRASHES, ids=str)
@pytest.mark.parametrize("finish", ["next step", "sweep"])
def test_after_a_crash_each_message_arrives_once(store, queue, dead, crashing, crash, finish, client):
    begin(store, dead)
    commands, last = crash
    process = crashing(commands, loses_last=last == "lost")
    with contextlib.nullcontext() if crash == (WAY, "answered") else pytest.raises(Crash):
        step(process, dead, limit=2)

    if finish == "sweep":
        store.sweep()
        found = numbers(listed(store, queue)), numbers(listed(store, dead))
        assert found in [([], [0, 1, 2]), ([0, 1], [2])]
    ended = step_to_end(store, dead)

    assert numbers(listed(store, queue)) == [0, 1, 2]
    assert everything(store, dead) == []
    assert ended.moved == 3
    for key in (queue, dead):
        Structures(client, key).check()


@pytest.mark.parametrize("crash", CRASHES_FOR_SUBSCRIPTION, ids=str)
@pytest.mark.parametrize("finish", ["next step", "sweep"])
def test_after_a_crash_each_message_is_left_once_for_the_subscription(
    store, queue, undelivered, crashing, crash, finish, client
):
    begin(store, undelivered)
    commands, last = crash
    process = crashing(commands, loses_last=last == "lost")
    with contextlib.nullcontext() if crash == (WAY + 1, "answered") else pytest.raises(Crash):
        step(process, undelivered, limit=2)

    if finish == "sweep":
        store.sweep()
        found = bodies_left(store, queue), numbers(listed(store, undelivered))
        assert found in [([], [0, 1, 2]), ([0, 1], [2])]
    ended = step_to_end(store, undelivered)

    assert bodies_left(store, queue) == [0, 1, 2]
    assert everything(store, undelivered) == []
    assert ended.moved == 3
    assert {notice.purpose for notice in log(store, queue)} == {"redelivery"}
    assert queue in store.deliveries.sources()
    Structures(client, undelivered).check()


def test_the_sweep_finishes_the_last_step_of_a_redrive(store, queue, dead, crashing, clock):
    """No step comes after it."""
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    assert store.redrives.get(dead).state == "done"
    assert step(store, dead) is None

    store.is_turn_to_sweep()
    clock.move(leaving.RESCUE)
    store.sweep()

    assert numbers(listed(store, queue)) == [0, 1, 2]


def test_several_that_finish_the_same_step_do_it_once(store, queue, dead, undelivered, crashing):
    begin(store, dead)
    begin(store, undelivered)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    with pytest.raises(Crash):
        step(crashing(LEFT_FOR_SUBSCRIPTION), undelivered)

    together(*[partial(store.parts.leaving.forward, key) for key in (dead, undelivered)] * 3)

    assert numbers(listed(store, queue)) == [0, 1, 2]
    assert bodies_left(store, queue) == [0, 1, 2]


def test_a_repeated_step_finishes_what_the_lost_answer_told_of(store, queue, dead, crashing, client):
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT, loses_last=True), dead, limit=2)

    assert step(store, dead, limit=1).moved == 3

    assert numbers(listed(store, queue)) == [0, 1, 2]
    assert Structures(client, dead).leaving == {}


@pytest.mark.parametrize("removal", ["purge", "delete"])
def test_what_has_left_arrives_though_its_queue_is_emptied(store, queue, dead, crashing, removal):
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead, limit=2)
    getattr(store.records, removal)(dead)

    store.sweep()

    assert numbers(listed(store, queue)) == [0, 1]


def test_what_an_earlier_release_left_on_its_way_arrives(store, queue, client):
    target = queue_key()
    store.records.create(target)
    ids = [f"{number:014x}0123456789abcdef" for number in (1, 2)]
    key = keys_of(queue).leaving
    figures = [keys_of(target).record.decode(), ids[0], "70", ids[1], "80"]
    client.hset(key, f">{ids[0]}", " ".join(figures))
    for number, message_id in enumerate(ids):
        client.hset(key, message_id, f"1 60 - client\n{number}")

    store.sweep()

    assert [(int(one.body), one.ttl) for one in listed(store, target)] == [(0, 70), (1, 80)]
    assert [store.messages.details(target, named(one.id)).origin for one in listed(store, target)] == [None, None]
    assert not client.exists(key)


def test_the_sweep_notes_again_that_a_redrive_is_running(store, queue, client, clock):
    """A node of a Cluster that lost its last writes may have lost the note."""
    dead = queue_beside(store, queue)
    bury(store, dead, *dead_letters(origin_in(queue), 1, ttl=60), *dead_letters(origin_in(queue), 1))
    begin(store, dead)
    for number in range(8):
        client.delete(source_keys_of(number).redriven)
    assert store.redrives.running() == []
    clock.move(60)

    store.sweep()

    assert store.redrives.running() == [dead]


def test_a_dead_letter_is_hidden_from_who_posted_it(store, queue):
    """Its origin stands beside the client id."""
    dead = queue_beside(store, queue)
    bury(store, dead, *dead_letters(origin_in(queue), 1), new_message(b"1"))

    assert listed(store, dead, hidden_client_id="11111111-1111-1111-1111-111111111111") == []
    assert numbers(listed(store, dead, hidden_client_id="somebody else")) == [0, 1]


def test_a_step_bounds_the_bytes_that_move(store, queue):
    dead = queue_beside(store, queue)
    large = [
        one.__class__(b'"' + b"x" * 400_000 + b'"', 600, origin=one.origin) for one in dead_letters(origin_in(queue), 6)
    ]
    for one in large:
        bury(store, dead, one)
    begin(store, dead)

    assert step(store, dead).moved == 2
    assert step_to_end(store, dead).moved == 6
    assert [one.body for one in listed(store, queue)] == [one.body for one in large]
