"""Dead letters of a subscription that a redrive brings back: on real stores, end to end."""

import pytest

from tests.builders import new_token
from tests.notification.grave import DEAD, ONCE
from tests.notification.receiver import Receiver, status
from tests.notification.test_delivery import bodies
from tests.notification.test_who_is_told import confirm
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
    (message,) = world.store.messages.list(
        world.dead, marker=None, limit=10, hidden_client_id=None, include_claimed=True, include_delayed=True
    )
    origin = world.store.messages.details(world.dead, parse_id(message.id)).origin
    assert (origin.reason, origin.attempts, origin.answer) == ("gone", 0, "not confirmed any more")
