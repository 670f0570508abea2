"""Dead letters of subscriptions where the store does not take them, or a notifier dies: nothing is given up before it is one."""

import pytest

from tests.notification.grave import DEAD, ONCE, Grave
from tests.notification.receiver import Receiver, status
from tests.notification.test_giving_up import SOON, failing, wait_for_rest
from zaqar.errors import Invalid, Unavailable


@pytest.fixture
def still(still_memory_world):
    """Return a world whose time stands, and where its dead letters go."""
    world, _ = still_memory_world
    return world, Grave(world)


def test_a_subscription_does_not_end_before_its_message_is_a_dead_letter(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    with Receiver(lambda received: status(410)) as receiver:
        subscription = world.subscribe(receiver.url(), **DEAD)
        world.post(b"1")
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=1)
            assert world.store.subscriptions.list(world.queue, marker=None, limit=10)
            grave.error = None
            world.clock.move(1.1)
            world.wait_until(lambda: not world.store.subscriptions.list(world.queue, marker=None, limit=10))

    assert grave.reasons == ["gone"]


def test_while_the_store_takes_no_dead_letter_nothing_is_given_up_and_nothing_is_attempted_in_vain(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    policy = SOON | {"minimum_delay_retries": 0, "maximum_delay": 5, "minimum_delay": 5}
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=policy, **DEAD)
        world.post(b"1")
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2)
            assert grave.refused == 1
            world.clock.move(1.1)
            world.wait_until(lambda: grave.refused == 2)
            assert notifier.counts().given_up == 0
            grave.error = None
            world.clock.move(1.1)
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert len(receiver.received) == 2
    assert [(one.reason, one.attempts, one.answer) for one in grave.origins] == [("delivery_failed", 2, "status 500")]
    assert not failing(world, subscription)


def test_while_the_store_takes_no_dead_letter_what_has_expired_unseen_waits_as_well(still):
    world, grave = still
    grave.error = Unavailable("The store is away.")
    subscription = world.subscribe("http://127.0.0.1:9/", **DEAD)
    world.post(b"1", b"2", ttl=60)
    world.clock.move(60)
    with world.notifier() as notifier:
        world.wait_until(lambda: grave.refused > 2)
        assert notifier.counts().given_up == 0
        grave.error = None
        world.wait_until(lambda: world.standing(subscription).progress.given_up == 2)

    assert [one["body"] for one in grave.letters] == [b"1", b"2"]


def test_what_the_queue_will_never_take_is_given_up_and_told_of(still, caplog):
    world, grave = still
    grave.error = Invalid("It is too large.")
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        (message_id,) = world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert f"message {message_id} is no dead letter: It is too large." in caplog.text


def test_after_a_crash_between_the_dead_letter_and_the_record_there_is_one_all_the_same(memory_world):
    world, memory = memory_world
    grave = Grave(world)
    enter, posts = memory.enter, []
    world.post_copy = lambda queue, **letter: (posts.append(letter["token"]), grave.post(queue, **letter))

    def crash(name):
        if name == "save":
            raise Unavailable("Nothing is saved any more.")
        enter(name)

    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        world.post(b"1", ttl=60)
        memory.enter = crash
        with world.notifier(lease=0.2) as notifier:
            world.wait_until(lambda: notifier.counts().given_up >= 1)
        memory.enter = enter
        with world.notifier():
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 1)

    assert len(posts) > 1
    assert len(grave.letters) == 1
