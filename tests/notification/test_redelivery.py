"""Dead letters of a subscription that a redrive brings back: on real stores, end to end."""

import pytest

from tests.builders import new_token
from tests.notification.grave import DEAD, ONCE
from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from tests.notification.test_who_is_told import confirm
from zaqar.errors import Invalid
from zaqar.models import NewMessage, QueueKey, RedriveTerms
from zaqar.storage.ids import parse_id


@pytest.fixture
def posting(world):
    """Return a world whose dead letters are posted into its own store."""
    world.dead = QueueKey(world.queue.project, "dead")
    world.store.records.create(world.dead)

    def post(queue, *, body, ttl, delay, token, audience, origin=None):
        new = NewMessage(body, ttl, delay or 0, None, origin)
        world.store.messages.post(queue, [new], client_id="", token=token, audience=audience, memory=3600)

    world.post_copy = post
    return world


def _redrive(world):
    world.store.redrives.create(world.dead, RedriveTerms(), token=new_token())
    while (found := world.store.redrives.step(world.dead, holder="test", seconds=5, limit=200)).state == "running":
        pass
    return found


def test_what_a_receiver_did_not_take_it_gets_after_all_and_nobody_else(posting):
    world, is_well = posting, False

    def behaves(received):
        return status(200 if is_well or received.path == "/other" else 500)

    with Receiver(behaves) as receiver:
        subscription = world.subscribe(receiver.url("/down"), _retry_policy=ONCE, **DEAD)
        world.subscribe(receiver.url("/other"))
        world.post(b"1", ttl=60)
        world.post(b"2", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 2)
            is_well = True
            found = _redrive(world)
            notifier.tell(world.queue)
            world.wait_until(lambda: world.standing(subscription).progress.delivered == 2)

    assert (found.moved, found.skipped) == (2, 0)
    assert bodies(one for one in receiver.received if one.path == "/other") == [1, 2]
    assert bodies(one for one in receiver.received if one.path == "/down") == [1, 2, 1, 2]
    assert world.store.records.stats(world.dead).total == 0


def test_what_is_not_taken_again_is_a_dead_letter_again(posting):
    world = posting
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        world.post(b"1", ttl=60)
        with world.notifier() as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)
            _redrive(world)
            notifier.tell(world.queue)
            world.wait_until(lambda: notifier.counts().given_up == 2)

    assert len(receiver.received) == 2
    assert world.store.records.stats(world.dead).total == 1


def test_what_comes_back_for_whoever_does_not_agree_any_more_is_a_dead_letter_again(posting):
    world = posting
    with Receiver(lambda received: status(500)) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        confirm(world, subscription)
        world.post(b"1", ttl=60)
        with world.notifier(require_confirmation=True) as notifier:
            world.wait_until(lambda: notifier.counts().given_up == 1)
            confirm(world, subscription, is_confirmed=False)
            notifier.tell(world.queue, is_change=True)
            world.wait_until(lambda: notifier.counts().subscriptions == 0)
            _redrive(world)
            notifier.tell(world.queue)
            world.wait_until(lambda: notifier.counts().given_up == 2)

    assert len(receiver.received) == 1
    origin = _origin(world)
    assert (origin.reason, origin.attempts, origin.answer) == ("gone", 0, "not confirmed any more")


def test_a_receiver_knows_it_by_the_id_of_the_first_attempts_however_often_it_is_brought_back(posting):
    world = posting
    with Receiver(lambda received: status(500)) as receiver:
        world.subscribe(receiver.url(), _retry_policy=ONCE, **DEAD)
        ids = [*world.post(b"1", ttl=60), *world.post(b"2", ttl=60)]
        with world.notifier() as notifier:
            for given_up in (2, 4, 6):
                world.wait_until(lambda given_up=given_up: notifier.counts().given_up == given_up)
                _redrive(world)
                notifier.tell(world.queue)
            receiver.wait_for(8)

    assert sorted(one.headers["webhook-id"] for one in receiver.received) == sorted(ids * 4)


def test_a_dead_letter_anew_tells_where_it_stood_first_and_what_became_of_it_last(posting):
    world, answers = posting, iter([500, 501, 502])
    with Receiver(lambda received: status(next(answers))) as receiver:
        subscription = world.subscribe(receiver.url(), _retry_policy=ONCE, _dead_letter_queue_messages_ttl=300, **DEAD)
        (message_id,) = world.post(b"1", ttl=60)
        found = []
        with world.notifier() as notifier:
            for given_up in (1, 2, 3):
                world.wait_until(lambda given_up=given_up: notifier.counts().given_up == given_up)
                found.append(_origin(world))
                _redrive(world)
                notifier.tell(world.queue)

    assert {(one.message_id, one.ttl, one.queue, one.subscription_id) for one in found} == {
        (message_id, 60, world.queue.name, subscription.id)
    }
    assert [(one.redriven, one.answer) for one in found] == [(0, "status 500"), (1, "status 501"), (2, "status 502")]


def test_a_copy_that_was_posted_though_nobody_knew_is_not_posted_again(posting):
    world, post, target = posting, posting.post_copy, QueueKey(posting.queue.project, "target")
    world.store.records.create(target)
    lost = []

    def lose_the_answer(queue, **copy):
        post(queue, **copy)
        if queue == target and not lost:
            lost.append(copy["token"])
            raise Invalid("It is told to be too large, and is there all the same.")

    world.post_copy = lose_the_answer
    subscription = world.subscribe("queue:target", **DEAD)
    world.post(b"1", b"2")
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().given_up == 1)
        _redrive(world)
        notifier.tell(world.queue)
        world.wait_until(lambda: world.standing(subscription).progress.delivered == 2)

    assert sorted(one.body for one in _listed(world, target)) == [b"1", b"2"]


def _listed(world, queue):
    return world.store.messages.list(
        queue, marker=None, limit=10, hidden_client_id=None, include_claimed=True, include_delayed=True
    )


def _origin(world):
    """Return where the only dead letter comes from."""
    (message,) = _listed(world, world.dead)
    return world.store.messages.details(world.dead, parse_id(message.id)).origin
