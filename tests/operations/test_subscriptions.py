"""Changes of subscriptions while somebody else changes them, on a store that lets a test get in between."""

import contextlib
import dataclasses

import pytest

from tests.builders import queue_key
from tests.clock import MovableClock
from zaqar.context import Context, Opening
from zaqar.encryption import Cipher
from zaqar.errors import ChangedMeanwhile, Invalid, SignatureRefused, SubscriptionNotFound, Unavailable
from zaqar.limits import Limits
from zaqar.news import NoNews
from zaqar.operations import Operations
from zaqar.operations.confirmations import path_to_confirm
from zaqar.operations.subscription_terms import KindRule
from zaqar.signing import Signer
from zaqar.storage.routing import SingleStore
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare

HOOK = "http://example.com/hook"


class _Everybody:
    def check(self, rule, context):
        """Let everybody do everything."""


class _Interrupted:
    """Subscriptions of a store; something happens before a replacement."""

    def __init__(self, subscriptions):
        self._subscriptions = subscriptions
        self.before_replacing = []
        """Each is called once, before one replacement, in order."""

    def replace(self, queue, *, old, new, restarts=False):
        if self.before_replacing:
            self.before_replacing.pop(0)()
        self._subscriptions.replace(queue, old=old, new=new, restarts=restarts)

    def __getattr__(self, name):
        return getattr(self._subscriptions, name)


class World:
    """One queue, and operations on it."""

    def __init__(self, database, clock, *, requires=False, parse=lambda *_: None, **rule):
        store = message_store(database)
        self.subscriptions = _Interrupted(store.subscriptions)
        self.clock = clock
        self.queue = queue_key()
        self.caller = Context(self.queue.project, "me", "req")
        self.operations = Operations.over(
            management=management_store(database),
            routing=SingleStore(dataclasses.replace(store, subscriptions=self.subscriptions)),
            authorization=_Everybody(),
            limits=Limits(require_confirmation=requires),
            signer=Signer(["key"], clock),
            cipher=Cipher([]),
            settings_seconds=0,
            news=NoNews(),
            kinds={"http": KindRule(parse, **rule)},
        ).subscriptions

    def create(self, subscriber=HOOK):
        return self.operations.create(self.caller, self.queue, subscriber=subscriber)

    def update(self, made, **changes):
        self.operations.update(self.caller, self.queue, made, **changes)

    def confirm(self, made, confirmed):
        self.operations.confirm(self.caller, self.queue, made, confirmed)

    def show(self, made):
        return self.operations.get(self.caller, self.queue, made)

    def interrupt(self, *acts):
        self.subscriptions.before_replacing = list(acts)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    uri = f"sqlite:///{tmp_path_factory.mktemp('subscriptions')}/zaqar.db"
    prepare(uri)
    with contextlib.closing(Database(uri, synchronous="NORMAL", clock=MovableClock())) as database:
        yield database


@pytest.fixture
def make_world(database):
    return lambda **given: World(database, MovableClock(), **given)


def test_a_change_that_somebody_makes_meanwhile_is_not_lost(make_world):
    world = make_world()
    made = world.create()
    world.interrupt(
        lambda: world.operations.confirm(world.caller, world.queue, made, True),
        lambda: None,
        lambda: world.update(made, ttl=500),
    )

    world.update(made, options={"a": 1})

    shown = world.show(made)
    assert (shown.is_confirmed, shown.ttl, shown.options) == (True, 500, {"a": 1})


def test_a_secret_that_two_rotate_at_once_signs_along(make_world):
    world = make_world()
    made = world.create()
    others = []
    world.interrupt(lambda: others.append(world.operations.rotate(world.caller, world.queue, made)))

    mine = world.operations.rotate(world.caller, world.queue, made)

    assert mine.former_secret == others[0].secret
    assert world.operations.secret(world.caller, world.queue, made).secret == mine.secret


def test_a_subscription_that_changes_without_end_is_unavailable(make_world):
    world = make_world()
    made = world.create()

    def change():
        raise ChangedMeanwhile("It has changed.")

    world.interrupt(*[change] * 1000)

    with pytest.raises(Unavailable):
        world.update(made, ttl=60)


def test_a_subscription_that_goes_meanwhile_is_not_found(make_world):
    world = make_world()
    made = world.create()
    world.interrupt(lambda: world.operations.delete(world.caller, world.queue, made))

    with pytest.raises(SubscriptionNotFound):
        world.update(made, ttl=60)


def test_whoever_unsubscribes_before_he_was_asked_is_not_asked(make_world):
    world = make_world(requires=True)

    def delete_all():
        for one in world.operations.list(world.caller, world.queue):
            world.operations.delete(world.caller, world.queue, one.id)

    world.interrupt(delete_all)

    assert world.create()
    assert world.operations.list(world.caller, world.queue) == []


def test_the_answer_of_a_subscriber_who_is_replaced_meanwhile_is_refused(make_world):
    """notifications N-65"""
    world = make_world(requires=True)
    made = world.create()
    (end,) = world.show(made).confirmations
    opening = Opening((path_to_confirm(world.queue, made),), end)
    signed = Context(world.queue.project, "me", "req", opening=opening)
    world.clock.move(1)
    world.interrupt(lambda: world.update(made, subscriber=f"{HOOK}/2"))

    with pytest.raises(SignatureRefused):
        world.operations.confirm(signed, world.queue, made, True)

    assert world.show(made).is_confirmed is False


def test_confirmations_of_two_who_subscribe_at_once_are_all_good(make_world):
    """http S-14"""
    world = make_world(requires=True)
    made = world.create()
    world.clock.move(1)
    world.interrupt(lambda: world.clock.move(1), lambda: None)

    world.create()
    world.create()

    assert len(world.show(made).confirmations) == 3


def test_what_changes_nothing_writes_nothing(make_world):
    world = make_world()
    made = world.create()
    world.operations.confirm(world.caller, world.queue, made, True)
    before = world.show(made).version

    world.operations.confirm(world.caller, world.queue, made, True)
    world.update(made, options={})

    assert world.show(made).version == before


def test_a_subscriber_and_its_options_are_looked_at_together_whichever_changes(make_world):
    def refuse(subscriber, options, source):
        if "plain" in subscriber and "secret" in options:
            raise Invalid("No.")

    world = make_world(parse=refuse)
    made = world.create()

    world.update(made, options={"secret": 1})
    with pytest.raises(Invalid, match="No"):
        world.update(made, subscriber="http://plain/")
    world.update(made, subscriber="http://plain/", options={})
    with pytest.raises(Invalid, match="No"):
        world.update(made, options={"secret": 1})
    world.update(made, ttl=77)


def test_who_cannot_be_asked_is_not_asked(make_world):
    world = make_world(requires=True, can_be_asked=False)

    made = world.create()
    world.confirm(made, False)

    assert world.show(made).confirmations == ()


def test_who_is_always_asked_is_asked_whatever_the_operator_wants(make_world):
    world = make_world(is_always_asked=True)

    made = world.create()
    asked = world.show(made).confirmations
    world.clock.move(1)
    opening = Opening((path_to_confirm(world.queue, made),), asked[-1])
    signed = Context(world.queue.project, "me", "req", opening=opening)
    world.operations.confirm(signed, world.queue, made, True)
    assert world.show(made).is_confirmed
    world.update(made, subscriber="http://example.com/other")

    assert len(asked) == 1
    assert not world.show(made).is_confirmed
    assert len([end for end in world.show(made).confirmations if end > 0]) == 1


def test_a_target_is_looked_at_whenever_somebody_names_one(make_world):
    """notifications N-77"""

    def refuse(subscriber, options, source):
        if "10.0.0.1" in subscriber:
            raise Invalid("No.")

    world = make_world(parse=refuse)
    made = world.create()

    with pytest.raises(Invalid, match="No"):
        world.create("http://10.0.0.1/")
    with pytest.raises(Invalid, match="No"):
        world.update(made, subscriber="http://10.0.0.1/")
    assert world.show(made).subscriber == HOOK
