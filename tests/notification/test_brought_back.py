"""Dead letters that a redrive left for their subscription: what the notifier makes of one, in a time that stands."""

import logging

import msgspec
import pytest

from tests.builders import new_message, new_token
from tests.notification.grave import DEAD, ONCE, Grave
from tests.notification.receiver import Receiver, status
from tests.notification.test_giving_up import SOON, wait_for_rest
from zaqar.models import Failing, Origin, Progress
from zaqar.notification.course import Course
from zaqar.storage import ids


@pytest.fixture
def still(still_memory_world):
    """Return a world whose time stands, and where its dead letters go."""
    world, _ = still_memory_world
    return world, Grave(world)


def test_a_redelivery_reaches_its_subscription_alone_as_the_message_it_was(still):
    world, _ = still
    with Receiver() as receiver:
        subscription, other = world.subscribe(receiver.url("/its")), world.subscribe(receiver.url("/other"))
        message = new_message(b'{"a": 1}', ttl=60)
        world.store.deliveries.redeliver(world.queue, subscription.id, message, token=new_token())
        with world.notifier():
            receiver.wait_for(1)
            world.wait_until(lambda: world.standing(other).pending == 0)

    assert [one.path for one in receiver.received] == ["/its"]
    assert receiver.received[0].json == {
        "body": {"a": 1},
        "ttl": 60,
        "Message_Type": "Notification",
        "queue_name": world.queue.name,
    }


def test_a_redelivery_is_tried_by_the_policy_of_its_queue_and_becomes_a_dead_letter_again(still):
    world, grave = still
    world.retry_policy = ONCE
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), **DEAD)
        world.store.deliveries.redeliver(world.queue, subscription.id, new_message(b"1", ttl=60), token=new_token())
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    assert len(receiver.received) == 1
    assert grave.reasons == ["expired"]


def test_what_is_given_up_again_keeps_where_it_stood_first_and_gets_all_else_anew(still):
    world, grave = still
    with Receiver(lambda received: status(503)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        before = Origin(
            queue=world.queue.name,
            reason="receiver_down",
            attempts=17,
            at=5,
            ttl=61,
            message_id="0" * 13 + "7" + "a" * 16,
            answer="status 500",
            subscription_id=subscription.id,
            redriven=4,
        )
        message = msgspec.structs.replace(new_message(b"1", ttl=60), origin=before)
        world.store.deliveries.redeliver(world.queue, subscription.id, message, token=new_token())
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    now = {"reason": "expired", "attempts": 1, "at": world.clock.now(), "answer": "status 503"}
    assert grave.origins == [msgspec.structs.replace(before, **now)]
    assert [one.headers["webhook-id"] for one in receiver.received] == [before.message_id]


def test_the_record_and_the_log_name_the_id_that_the_receiver_knows(still, caplog):
    world, _ = still
    caplog.set_level(logging.INFO, logger="zaqar.notification.ledger")
    with Receiver(lambda received: status(503)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=SOON, **DEAD)
        message, known_as = _brought_back(world, subscription, ttl=60)
        world.store.deliveries.redeliver(world.queue, subscription.id, message, token=new_token())
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2)
            (failing,) = world.standing(subscription).progress.failing
            world.clock.move(60)
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 1)

    (outcome,) = world.standing(subscription).progress.outcomes
    assert failing.original_id == outcome.original_id == known_as
    assert outcome.message_id == ids.format_id(failing.position, failing.token) != known_as
    assert [known_as in line for line in caplog.messages if "message" in line] == [True] * 3


@pytest.mark.parametrize("options", [{}, DEAD])
def test_so_does_the_record_of_what_has_expired_unseen_or_is_past_its_schedule(still, options):
    world, _ = still
    with Receiver(lambda received: status(500)) as receiver:
        policy = SOON | {"maximum_delay_retries": 100}
        subscription = world.subscribe(receiver.url(), _retry_policy=policy, **options)
        expired, one = _brought_back(world, subscription, ttl=60)
        world.store.deliveries.redeliver(world.queue, subscription.id, expired, token=new_token())
        world.clock.move(60)
        world.post_numbers(20, ttl=100_000)
        with world.notifier() as notifier:
            wait_for_rest(world, notifier, subscription, attempts=2, messages=20)
            late, other = _brought_back(world, subscription, ttl=100_000)
            world.store.deliveries.redeliver(world.queue, subscription.id, late, token=new_token())
            world.clock.move(1800)
            world.post_numbers(1, ttl=100_000)
            world.wait_until(lambda: world.standing(subscription).progress.given_up == 2)

    outcomes = world.standing(subscription).progress.outcomes
    assert [(each.reason, each.original_id) for each in outcomes] == [("expired", one), ("receiver down", other)]


def test_a_delivery_that_is_hurried_is_known_as_before():
    one = Failing(7, "0" * 16, 1, 5000, "status 500", "1" * 30)
    course = Course(Progress(7, [one]))

    course.hurry(1000)

    assert course.snapshot().progress.failing == [msgspec.structs.replace(one, next_ms=1000)]


def _brought_back(world, subscription, *, ttl):
    """Return what a redrive leaves, and the id by which the subscriber knows it."""
    known_as = ids.format_id(7, new_token())
    origin = Origin(
        queue=world.queue.name,
        reason="expired",
        attempts=1,
        at=0,
        ttl=ttl,
        message_id=known_as,
        subscription_id=subscription.id,
        redriven=1,
    )
    return msgspec.structs.replace(new_message(b"1", ttl=ttl), origin=origin), known_as


def test_a_redelivery_of_a_release_that_left_no_origin_is_known_by_its_own_id(still):
    world, grave = still
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        token = new_token()
        world.store.deliveries.redeliver(world.queue, subscription.id, new_message(b"1", ttl=60), token=token)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)

    (origin,) = grave.origins
    assert origin.message_id.endswith(token)
    assert origin.redriven == 0
    assert [one.headers["webhook-id"] for one in receiver.received] == [origin.message_id]
