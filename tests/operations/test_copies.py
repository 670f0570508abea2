"""What the service itself posts: copies, and dead letters of subscriptions."""

import contextlib

import pytest

from tests.builders import new_token, queue_key
from tests.clock import MovableClock
from zaqar.encryption import Cipher, Key
from zaqar.errors import Invalid, Unavailable
from zaqar.limits import Limits
from zaqar.models import NewSubscription, Origin
from zaqar.operations.bodies import Bodies
from zaqar.operations.copies import Copies
from zaqar.operations.messages import checksum
from zaqar.operations.settings import KnownQueues
from zaqar.storage.ids import parse_id
from zaqar.storage.routing import SingleStore
from zaqar.storage.sql.management.store import management_store
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.sqlite.connection import Database
from zaqar.storage.sql.sqlite.migration import prepare


class _Told:
    def __init__(self):
        self.queues = []

    def tell(self, queue):
        self.queues.append(queue)


class World:
    """One queue that nobody has made, and what posts there."""

    def __init__(self, database, *, keys=(), **limits):
        self.store, self.management = message_store(database), management_store(database)
        self.cipher = Cipher(keys)
        self.told = _Told()
        limits = Limits(**limits)
        known = KnownQueues(management=self.management, routing=SingleStore(self.store), limits=limits, seconds=0)
        self.copies = Copies(known=known, bodies=Bodies(self.cipher), limits=limits, news=self.told)
        self.queue = queue_key()

    def make(self, **metadata):
        self.management.queues.create(self.queue, metadata)
        self.store.records.create(self.queue)

    def post(self, body=b"1", **given):
        self.copies.post(self.queue, body=body, **{"token": new_token(), "audience": "nobody"} | given)

    def posted(self):
        return self.store.messages.list(
            self.queue, marker=None, limit=10, hidden_client_id=None, include_claimed=True, include_delayed=True
        )

    def details(self):
        (message,) = self.posted()
        return self.store.messages.details(self.queue, parse_id(message.id))


@pytest.fixture
def make_world(tmp_path):
    """Return what makes a world on a database of its own."""
    uri = f"sqlite:///{tmp_path}/zaqar.db"
    prepare(uri)
    with contextlib.closing(Database(uri, synchronous="NORMAL", clock=MovableClock())) as database:
        yield lambda **changes: World(database, **changes)


KEY = Key("first", "k" * 32)


def test_a_copy_makes_the_queue_and_has_its_defaults(make_world):
    world = make_world(default_message_ttl=77, default_message_delay=5)

    world.post(b'{"a" :1.0}')

    assert [(one.body, one.ttl) for one in world.posted()] == [(b'{"a" :1.0}', 77)]
    assert world.details().due is not None
    assert world.management.queues.get(world.queue).metadata == {}


def test_what_the_queue_says_is_its_default(make_world):
    world = make_world()
    world.make(_default_message_ttl=99)

    world.post()

    assert [one.ttl for one in world.posted()] == [99]
    assert world.details().due is None


def test_what_is_given_is_taken_within_the_bounds(make_world):
    world = make_world(max_message_ttl=100, max_message_delay=10)

    world.post(ttl=101, delay=0)
    world.post(ttl=1, delay=11)

    assert [one.ttl for one in world.posted()] == [100, 60]


def test_a_repetition_with_the_same_token_posts_nothing(make_world):
    world = make_world()
    token = new_token()

    for _ in range(3):
        world.post(token=token)

    assert len(world.posted()) == 1


def test_a_copy_that_is_too_large_for_the_queue_is_refused_and_a_dead_letter_is_not(make_world):
    world = make_world()
    world.make(_max_messages_post_size=10)
    origin = Origin("source", "delivery_failed", attempts=1, at=1, ttl=60, message_id="0" * 30)

    with pytest.raises(Invalid, match="limited to 10 bytes"):
        world.post(b'"too large"')
    world.post(b'"too large"', origin=origin)

    assert [one.body for one in world.posted()] == [b'"too large"']
    assert world.details().origin == origin


def test_a_body_is_encrypted_where_the_queue_wants_that(make_world):
    world = make_world(keys=[KEY], enable_checksum=True)
    world.make(_enable_encrypt_messages=True)

    world.post(b'"secret"')

    (message,) = world.posted()
    assert world.cipher.decrypt(world.queue.project, [message.body]) == [b'"secret"']
    assert message.body != b'"secret"'
    assert message.checksum == checksum(b'"secret"')


@pytest.mark.parametrize("metadata", [{}, {"_enable_encrypt_messages": True}])
def test_a_body_that_is_encrypted_is_posted_as_it_is(make_world, metadata):
    world = make_world(keys=[KEY], enable_checksum=True)
    world.make(_max_messages_post_size=8, **metadata)
    (body,) = world.cipher.encrypt(world.queue.project, [b'"secret"'])

    world.post(body)

    assert [(one.body, one.checksum) for one in world.posted()] == [(body, checksum(b'"secret"'))]


def test_without_a_key_nothing_is_posted_in_plain_text(make_world):
    world = make_world()
    world.make(_enable_encrypt_messages=True)

    with pytest.raises(Unavailable):
        world.post()

    assert world.posted() == []


@pytest.mark.parametrize(("notifies", "audience", "told"), [(True, "all but queues", 1), (False, "all but queues", 0)])
def test_subscribers_are_told_unless_nobody_is_to_be(make_world, notifies, audience, told):
    world = make_world(notifies=notifies)
    world.make()
    world.store.subscriptions.create(
        world.queue, NewSubscription("http://a", 3600, {}, "whsec_c2VjcmV0"), token=new_token()
    )

    world.post(audience=audience)
    world.post(audience="nobody")

    assert world.told.queues == [world.queue] * told
    notices = world.store.deliveries.notices(world.queue, after=0, most_bytes=1000)
    assert [one.purpose for one in notices] == ["copy"] * told
