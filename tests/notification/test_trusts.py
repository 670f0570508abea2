"""Webhooks with a token for a trust, as a notifier sends them (notifications A6); Keystone is played by the test."""

import pytest

from tests.notification.receiver import Receiver, status
from zaqar.errors import Invalid, TrustLost, Unavailable
from zaqar.models import QueueKey
from zaqar.notification.kinds.installed import installed
from zaqar.notification.settings import NotifierSettings

QUEUE = QueueKey("project", "q")
TRUST = "the-trust"


class Keystone:
    """Gives tokens ``token-1``, ``token-2``, or an error as long as there are any."""

    def __init__(self, *errors):
        self.errors = list(errors)
        self.given = 0

    def token_for(self, trust_id):
        assert trust_id == TRUST
        if self.errors:
            raise self.errors.pop(0)
        self.given += 1
        return f"token-{self.given}", 3600.0


def tokens(received):
    return [one.headers["x-auth-token"] for one in received]


def delivered(world, keystone, count=1, *, behaves=lambda received: status(200), **options):
    """Post so many messages and wait until all are delivered; return what the receiver got, and what is on record."""
    with Receiver(behaves) as receiver:
        made = world.subscribe(f"trust+{receiver.url()}", trust_id=TRUST, **options)
        with world.notifier(token_for=keystone.token_for):
            for number in range(count):
                world.post(str(number).encode())
            world.wait_until(lambda: world.standing(made).progress.delivered == count)
        return receiver.received, world.standing(made).progress


def test_each_message_has_the_token_and_the_headers_of_the_subscription(memory_world):
    """notifications N-50"""
    world, _ = memory_world
    keystone = Keystone()

    received, _ = delivered(world, keystone, 3, post_headers={"X-Project-ID": "p", "x-auth-token": "forged"})

    assert tokens(received) == ["token-1"] * 3
    assert [one.headers["x-project-id"] for one in received] == ["p"] * 3
    assert [one.path for one in received] == ["/hook"] * 3
    assert keystone.given == 1


def test_a_token_that_is_not_taken_is_replaced_within_the_attempt(memory_world):
    world, _ = memory_world
    keystone = Keystone()

    received, standing = delivered(
        world, keystone, behaves=lambda one: status(401 if one.headers["x-auth-token"] == "token-1" else 200)
    )

    assert tokens(received) == ["token-1", "token-2"]
    assert standing.failed_attempts == 0


def test_a_receiver_that_takes_no_token_fails_after_two(memory_world):
    world, _ = memory_world
    keystone = Keystone()
    policy = {"retries_with_no_delay": 0, "minimum_delay_retries": 0, "maximum_delay_retries": 0}
    with Receiver(lambda _: status(401)) as receiver:
        made = world.subscribe(f"trust+{receiver.url()}", trust_id=TRUST, _retry_policy=policy)
        with world.notifier(token_for=keystone.token_for):
            world.post(b"1")
            world.wait_until(lambda: world.standing(made).progress.failed_attempts >= 1)

    assert tokens(receiver.received)[:2] == ["token-1", "token-2"]


def test_no_token_for_the_trust_is_a_failed_attempt_that_is_made_again(memory_world):
    world, _ = memory_world

    received, standing = delivered(world, Keystone(TrustLost("Gone."), TrustLost("Gone.")))

    assert tokens(received) == ["token-1"]
    assert standing.failed_attempts == 2


def test_a_subscription_without_a_trust_is_sent_nothing(memory_world):
    world, _ = memory_world
    with Receiver() as receiver:
        made = world.subscribe(f"trust+{receiver.url()}")
        with world.notifier(token_for=Keystone().token_for):
            world.post(b"1")
            world.wait_until(lambda: world.standing(made).progress.failing)
        (failing,) = world.standing(made).progress.failing

    assert failing.answer == "no token for the trust"
    assert receiver.received == []


def test_a_keystone_that_does_not_answer_is_no_failure_of_the_receiver(memory_world):
    world, _ = memory_world
    with Receiver() as receiver:
        made = world.subscribe(f"trust+{receiver.url()}", trust_id=TRUST)
        with world.notifier(token_for=Keystone(Unavailable("Away.")).token_for) as notifier:
            world.post(b"1")
            world.wait_until(lambda: world.standing(made).progress.failing)
        (failing,) = world.standing(made).progress.failing

    assert (failing.answer, failing.attempts) == ("Keystone does not answer", 0)
    assert notifier.counts().failed_attempts == 0
    assert receiver.received == []


@pytest.mark.parametrize("name", ["X-Auth-Token", "x-auth-TOKEN"])
def test_the_header_of_the_token_cannot_be_set(name):
    """notifications N-52"""
    kind = installed(NotifierSettings())["trust+https"]

    with pytest.raises(Invalid, match="X-Auth-Token"):
        kind.parse("trust+https://example.com", {"post_headers": {name: "forged"}}, QUEUE)


@pytest.mark.parametrize("subscriber", ["trust+http://", "TRUST+https://a:70000", "trust+http://10.0.0.1/"])
def test_an_address_has_to_be_one_of_a_webhook(subscriber):
    with pytest.raises(Invalid):
        installed(NotifierSettings())["trust+http"].parse(subscriber, {}, QUEUE)


@pytest.mark.parametrize("subscriber", ["trust+http://example.com/hook", "TRUST+HTTPS://example.com:443"])
def test_an_address_of_a_webhook_is_taken(subscriber):
    installed(NotifierSettings())["trust+https"].parse(subscriber, {"post_headers": {"X-Other": "1"}}, QUEUE)
