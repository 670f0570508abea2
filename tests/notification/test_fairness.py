"""Who gets a place: the healthy never wait for the dead."""

import dataclasses

import pytest

from tests.builders import queue_key
from tests.notification import receiver as receivers
from tests.notification.receiver import Receiver, status


def test_the_dead_get_half_of_the_places_at_most(still_world):
    world = still_world
    hangs = False

    def behaves(received):
        if not received.path.startswith("/dead"):
            return status(200)
        return receivers.hang if hangs else status(500)

    with Receiver(behaves) as receiver:
        for number in range(10):
            world.subscribe(receiver.url(f"/dead/{number}"), _retry_policy={"retries_with_no_delay": 0})
        world.post(b"0")
        with world.notifier(max_workers=4, grace=0.01) as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 10)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)
            hangs = True
            world.clock.move(6)
            world.wait_until(lambda: len(receiver.received) >= 12)
            world.subscribe(receiver.url("/well"))
            world.post_numbers(50)
            receiver.wait_until(lambda received: sum(one.path == "/well" for one in received) == 50)

            assert len(receiver.received) == 10 + 2 + 50


def test_new_receivers_that_hang_leave_places_to_those_that_are_known_to_answer(world):
    def behaves(received):
        return receivers.hang if received.path.startswith("/hang") else status(200)

    with Receiver(behaves) as receiver:
        world.subscribe(receiver.url("/well"))
        world.post(b'"first"')
        with world.notifier(max_workers=4, grace=0.01) as notifier:
            world.wait_until(lambda: notifier.counts().delivered == 1)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)
            for number in range(10):
                world.subscribe(receiver.url(f"/hang/{number}"))
            world.post_numbers(50)
            receiver.wait_until(lambda received: sum(one.path == "/well" for one in received) == 51)

            assert sum(one.path.startswith("/hang") for one in receiver.received) == 3


@pytest.mark.parametrize("is_known", [False, True])
def test_receivers_of_one_project_that_hang_do_not_hold_up_those_of_another(memory_world, is_known):
    hanging = memory_world[0]
    other = dataclasses.replace(hanging, queue=queue_key())
    is_well = is_known

    def behaves(received):
        return status(200) if is_well or received.path == "/other" else receivers.hang

    with Receiver(behaves) as receiver:
        for number in range(100):
            hanging.subscribe(receiver.url(f"/{number}"))
        other.subscribe(receiver.url("/other"))
        with hanging.notifier(max_workers=16, grace=0.01) as notifier:
            if is_known:
                hanging.post(b"0")
                receiver.wait_for(100)
                hanging.wait_until(lambda: notifier.counts().subscriptions == 0)
                is_well = False
            known = len(receiver.received)
            hanging.post_numbers(4)
            most = 14 if is_known else 11
            receiver.wait_until(lambda received: len(received) == known + most)
            other.post_numbers(20)
            receiver.wait_until(lambda received: sum(one.path == "/other" for one in received) == 20)

            assert len(receiver.received) == known + most + 20


def test_a_long_backlog_does_not_hold_up_who_has_a_short_one(world):
    with Receiver() as receiver:
        world.subscribe(receiver.url("/long"))
        world.post_numbers(300)
        world.subscribe(receiver.url("/short"))
        world.post(b'"last"')
        with world.notifier(max_workers=1):
            receiver.wait_until(lambda received: any(one.path == "/short" for one in received))

    assert sum(one.path == "/long" for one in receiver.received) < 150


def test_more_subscriptions_than_are_held_at_a_time_are_all_served(world):
    with Receiver() as receiver:
        for number in range(60):
            world.subscribe(receiver.url(f"/{number}"))
        ids = world.post_numbers(2)
        with world.notifier(most_leased=10):
            receiver.wait_for(120)

    assert receiver.counted() == dict.fromkeys(ids, 60)


def test_who_is_held_for_long_makes_place_for_others(world):
    with Receiver() as receiver:
        for number in range(10):
            world.subscribe(receiver.url(f"/{number}"))
        ids = world.post_numbers(100)
        with world.notifier(most_leased=5, longest_held=0):
            receiver.wait_for(1000)

    assert receiver.counted() == dict.fromkeys(ids, 10)
    paths = [one.path for one in receiver.received]
    assert max(paths.index(f"/{number}") for number in range(10)) < 500


def test_while_all_places_are_taken_nobody_idles_in_one(world):
    with Receiver() as receiver:
        for number in range(30):
            world.subscribe(receiver.url(f"/{number}"))
        (posted,) = world.post_numbers(1)
        with world.notifier(most_leased=10, idle=3600, longest_held=3600):
            receiver.wait_for(30)

    assert receiver.counted() == {posted: 30}


def test_little_memory_for_notices_slows_down_but_stops_nothing(memory_world):
    world, memory = memory_world
    worlds = [world, *(dataclasses.replace(world, queue=queue_key()) for _ in range(20))]
    with Receiver() as receiver:
        for one in worlds:
            one.subscribe(receiver.url(f"/{one.queue.name}"))
        ids = [one.post(b'"%b"' % (b"x" * 300_000))[0] for one in worlds for _ in range(5)]
        with world.notifier(most_window_bytes=1, max_workers=1):
            receiver.wait_for(len(ids))

    assert receiver.counted() == dict.fromkeys(ids, 1)
    assert memory.calls.count("notices") < 4 * len(ids)  # not once for each turn


def test_a_thousand_subscriptions_to_one_topic_are_all_served(memory_world):
    world = dataclasses.replace(memory_world[0], queue=queue_key(kind="topic"))
    with Receiver() as receiver:
        for number in range(1000):
            world.subscribe(receiver.url(f"/{number}"))
        ids = world.post_numbers(2)
        with world.notifier():
            receiver.wait_for(2000)

    assert receiver.counted() == dict.fromkeys(ids, 1000)
    assert len({one.path for one in receiver.received}) == 1000
