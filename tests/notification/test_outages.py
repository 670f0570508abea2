"""What goes wrong around the notifier: stores that are away, leases that are lost, processes that die."""

import threading

from tests.notification import receiver as receivers
from tests.notification.receiver import Receiver, status
from zaqar.errors import Unavailable


def test_at_most_fifty_attempts_are_ahead_of_what_is_saved(memory_world):
    world, memory = memory_world
    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post_numbers(200)
        saves = memory.enter
        memory.enter = lambda name: _refuse(memory) if name == "save" else saves(name)
        with world.notifier(lease=600):
            receiver.wait_for(50)
            memory.is_down = False

    assert len(receiver.received) == 50


def _refuse(memory):
    memory.is_down = True
    try:
        type(memory).enter(memory, "save")
    finally:
        memory.is_down = False


def test_a_store_that_is_away_for_a_while_loses_and_repeats_nothing(memory_world, caplog):
    world, memory = memory_world
    with Receiver() as receiver, world.notifier(lease=600) as notifier:
        world.subscribe(receiver.url())
        ids = world.post_numbers(30)
        receiver.wait_for(30)
        memory.is_down = True
        world.wait_until(lambda: "does not answer" in caplog.text)
        memory.is_down = False
        ids += world.post_numbers(30)
        notifier.tell(world.queue)
        receiver.wait_for(60)

    assert receiver.counted() == dict.fromkeys(ids, 1)
    assert caplog.text.count("does not answer") == 1


def test_a_mistake_of_a_store_does_not_end_the_notifier(memory_world, caplog):
    world, memory = memory_world
    enter = memory.enter
    memory.enter = lambda name: 1 // 0
    with Receiver() as receiver, world.notifier():
        world.subscribe(receiver.url())
        world.post(b"1")
        world.wait_until(lambda: "mistake" in caplog.text)
        memory.enter = enter
        receiver.wait_for(1)


def test_who_has_lost_a_lease_begins_nothing_more_with_it(memory_world):
    world, memory = memory_world
    with Receiver() as receiver, world.notifier(idle=100) as notifier:
        subscription = world.subscribe(receiver.url())
        world.post(b"1")
        receiver.wait_for(1)
        with memory.lock:
            row = memory.rows[world.queue][subscription.id]
            row.holder, row.lease_ends = "somebody else", float("inf")
        world.wait_until(lambda: notifier.counts().subscriptions == 0)
        world.post(b"2")
        notifier.tell(world.queue)
        calls = len(memory.calls)
        world.wait_until(lambda: len(memory.calls) > calls + 10)

    assert len(receiver.received) == 1


def test_two_notifiers_share_the_work_and_repeat_nothing(world):
    with Receiver() as receiver:
        for number in range(20):
            world.subscribe(receiver.url(f"/{number}"))
        with world.notifier(), world.notifier():
            ids = world.post_numbers(50)
            receiver.wait_for(1000)

    assert receiver.counted() == dict.fromkeys(ids, 20)


def test_stopping_lets_what_is_in_progress_end_and_saves_it(world):
    may_end = threading.Event()

    def behaves(received):
        may_end.wait(10)
        return status(200)

    with Receiver(behaves) as receiver:
        subscription = world.subscribe(receiver.url())
        world.post_numbers(5)
        notifier = world.new_notifier(grace=10)
        notifier.start()
        world.wait_until(lambda: notifier.counts().pending == 1)
        notifier.stop()
        may_end.set()
        notifier.join(10)

    assert world.standing(subscription).progress.delivered == len(receiver.received) == 1


def test_stopping_does_not_wait_for_what_hangs_and_forgets_nothing(world):
    with Receiver(lambda received: receivers.hang) as receiver:
        subscription = world.subscribe(receiver.url())
        world.post(b"1")
        with world.notifier(grace=0.01):
            receiver.wait_for(1)

        assert world.standing(subscription).pending == 1


def test_a_lease_is_kept_while_an_attempt_hangs(memory_world):
    world, memory = memory_world
    with Receiver(lambda received: receivers.hang) as receiver, world.notifier(lease=0.5), world.notifier(lease=0.5):
        world.subscribe(receiver.url())
        world.post(b"1")
        receiver.wait_for(1)
        (row,) = memory.rows[world.queue].values()
        ends = row.lease_ends
        world.wait_until(lambda: row.lease_ends > ends + 1)  # it was prolonged twice as far as it lasts

        assert len(receiver.received) == 1


def test_receivers_that_hang_do_not_hold_up_the_others(world):
    def behaves(received):
        return receivers.hang if received.path == "/dead" else status(200)

    with Receiver(behaves) as receiver:
        world.subscribe(receiver.url("/dead"), _retry_policy={"retries_with_no_delay": 1000})
        world.subscribe(receiver.url("/well"))
        world.post_numbers(200)
        with world.notifier(max_workers=2, total_timeout=600):
            receiver.wait_until(lambda received: sum(one.path == "/well" for one in received) == 200)


def test_at_most_four_attempts_of_a_subscription_are_in_progress(world):
    well = True

    def behaves(received):
        return status(200) if well else receivers.hang

    with Receiver(behaves) as receiver, world.notifier(grace=0.01, idle=60) as notifier:
        world.subscribe(receiver.url())
        world.post(b"1")
        receiver.wait_for(1)
        world.wait_until(lambda: notifier.counts().pending == 0)
        well = False
        world.post_numbers(100)
        notifier.tell(world.queue)
        world.wait_until(lambda: notifier.counts().pending == 4)
        receiver.wait_for(5)

        assert len(receiver.received) == 5


def test_with_a_lease_that_is_over_nothing_is_begun(memory_world):
    world, memory = memory_world
    with Receiver() as receiver, world.notifier(lease=0):
        world.subscribe(receiver.url())
        world.post(b"1")
        world.wait_until(lambda: memory.calls.count("save") > 10)

        assert receiver.received == []


def test_what_was_attempted_out_of_order_is_not_forgotten_while_nothing_newer_is_tried(memory_world):
    world, memory = memory_world
    with Receiver(lambda received: status(500)) as receiver:
        policy = {"retries_with_no_delay": 0, "minimum_delay": 1000, "maximum_delay": 2000}
        world.subscribe(receiver.url(), _retry_policy=policy)
        for _ in range(4):
            world.post(*[b"1"] * 10)
        with world.notifier(idle=0) as notifier:
            world.wait_until(lambda: notifier.counts().failed_attempts == 20)
            saves = memory.calls.count("save")
            world.wait_until(lambda: memory.calls.count("save") > saves + 10)

    assert set(receiver.counted().values()) == {1}
    assert len(receiver.received) == 20


def test_a_queue_of_which_nothing_is_known_at_the_moment_is_delivered_all_the_same(world, caplog):
    def unavailable(queue):
        raise Unavailable("The store is away.")

    with Receiver() as receiver:
        world.subscribe(receiver.url())
        world.post(b"1")
        with world.notifier(retry_policy=unavailable):
            receiver.wait_for(1)

    assert "does not answer" not in caplog.text
