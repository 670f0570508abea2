"""Subscribers that are queues, ``queue:NAME`` (notifications N-11): what is asked of them, and what is posted."""

import threading

import pytest

from tests.builders import new_message, new_token, queue_key
from tests.notification.test_who_is_told import confirm
from zaqar.errors import Invalid, Unavailable
from zaqar.limits import Limits
from zaqar.models import QueueKey
from zaqar.notification.kinds.queues import Queues
from zaqar.notification.settings import NotifierSettings

SOURCE = queue_key(name="source")


class Posts:
    """Takes what is posted, and refuses what it is told to."""

    def __init__(self, world):
        self.posted = []
        self.error = None
        self.refused = 0
        self._lock = threading.Lock()
        world.post_copy = self.post

    def post(self, queue, **message):
        with self._lock:
            if self.error is not None:
                self.refused += 1
                raise self.error
            self.posted.append(message | {"queue": queue})

    @property
    def bodies(self):
        return [one["body"] for one in self.posted]


@pytest.fixture
def still(still_memory_world):
    """Return a world whose time stands, and what is posted there."""
    world, _ = still_memory_world
    return world, Posts(world)


def parse(subscriber, source=SOURCE, **options):
    Queues(NotifierSettings(limits=Limits(max_message_delay=10))).parse(subscriber, options, source)


@pytest.mark.parametrize("name", ["a", "A_b-1.c", "x" * 64])
def test_every_name_of_a_queue_is_taken(name):
    """http X-23"""
    parse(f"queue:{name}")
    parse(f"QUEUE:{name}", _delay=0, _ttl=60, _dead_letter_queue="dead")


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a/b", "//a", ".", "..", "é", "a:b", " a"])
def test_what_is_no_name_of_a_queue_is_refused(name):
    """http X-23"""
    with pytest.raises(Invalid, match="names are"):
        parse(f"queue:{name}")


def test_a_queue_is_no_subscriber_of_itself_but_of_a_topic_of_its_name():
    with pytest.raises(Invalid, match="itself"):
        parse("queue:source")
    parse("queue:source", source=queue_key(name="source", kind="topic"))


@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        ({"_delay": 11}, "_delay of the options must be between 0 and 10"),
        ({"_delay": -1}, "_delay of the options must be between 0 and 10"),
        ({"_delay": True}, "_delay of the options must be an integer"),
        ({"_ttl": 59}, "_ttl of the options must be between 60 and"),
        ({"_ttl": None}, "_ttl of the options must be an integer"),
        ({"post_data": "x"}, "post_data of the options is for webhooks"),
        ({"post_headers": {}}, "post_headers of the options is for webhooks"),
    ],
)
def test_options_that_have_no_use_or_no_bounds_are_refused(options, refusal):
    with pytest.raises(Invalid, match=refusal):
        parse("queue:a", **options)


def test_a_queue_gets_what_was_posted_as_it_was_posted(still):
    world, posts = still
    world.subscribe("Queue:copies")
    world.post(b'{"a" :1.0}', b"\x01encrypted", ttl=300, delay=7)
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().delivered == 2)

    assert posts.bodies == [b'{"a" :1.0}', b"\x01encrypted"]
    first, second = posts.posted
    assert first["queue"] == QueueKey(world.queue.project, "copies")
    assert (first["ttl"], first["delay"], first["audience"]) == (300, None, "all but queues")
    assert first["token"] != second["token"]


def test_the_subscription_says_how_long_copies_live_and_wait(still):
    world, posts = still
    world.subscribe("queue:copies", _ttl=77, _delay=3)
    world.post(b"1")
    with world.notifier():
        world.wait_until(lambda: posts.posted)

    assert (posts.posted[0]["ttl"], posts.posted[0]["delay"]) == (77, 3)


def test_a_repetition_has_the_same_token_and_another_subscription_another_one(memory_world):
    world, memory = memory_world
    posts = Posts(world)
    for name in ("one", "two"):
        world.subscribe(f"queue:{name}")
    world.post(b"1")
    enter = memory.enter

    def crash(name):
        if name == "save":
            raise Unavailable("Nothing is saved any more.")
        enter(name)

    memory.enter = crash
    with world.notifier(lease=0.2):
        world.wait_until(lambda: len(posts.posted) >= 2)
    memory.enter = enter
    with world.notifier():
        world.wait_until(lambda: len(posts.posted) >= 4)

    tokens = {name: {one["token"] for one in posts.posted if one["queue"].name == name} for name in ("one", "two")}
    assert [len(each) for each in tokens.values()] == [1, 1]
    assert tokens["one"] != tokens["two"]


def test_a_store_that_does_not_answer_is_waited_for_and_costs_no_attempt(still):
    world, posts = still
    posts.error = Unavailable("The store is away.")
    subscription = world.subscribe("queue:copies")
    posted = 30
    world.post_numbers(posted)
    with world.notifier() as notifier:
        world.wait_until(lambda: len(world.standing(subscription).progress.failing) == 20)
        world.wait_until(lambda: notifier.counts().subscriptions == 0)
        posts.error = None
        world.clock.move(1800)
        world.wait_until(lambda: world.standing(subscription).progress.delivered == posted)

    assert notifier.counts().failed_attempts == 0
    assert sorted(map(int, posts.bodies)) == list(range(posted))


def test_a_message_that_the_queue_will_never_take_is_given_up_at_once(still):
    world, posts = still
    posts.error = Invalid("It is too large.")
    subscription = world.subscribe("queue:copies")
    world.post(b"1")
    with world.notifier() as notifier:
        world.wait_until(lambda: notifier.counts().given_up == 1)

    assert posts.refused == 1
    world.wait_until(lambda: world.standing(subscription).progress.outcomes)
    assert world.standing(subscription).progress.outcomes[0].reason == "the queue does not take it"


def test_what_came_through_a_subscription_of_a_queue_goes_to_no_further_queue(still):
    """notifications N-11"""
    world, posts = still
    subscription = world.subscribe("queue:copies")
    world.store.deliveries.copy(world.queue, new_message(b'"copy"'), token=new_token())
    world.post(b'"post"')
    with world.notifier():
        world.wait_until(lambda: world.standing(subscription).progress.delivered == 1)
        world.wait_until(lambda: world.standing(subscription).pending == 0)

    assert posts.bodies == [b'"post"']


def test_queues_need_not_confirm(still):
    world, posts = still
    subscription = world.subscribe("queue:copies")
    confirm(world, subscription, is_confirmed=False)
    world.post(b"1")
    with world.notifier(require_confirmation=True):
        world.wait_until(lambda: posts.posted)


def test_a_body_whose_key_is_missing_is_copied_all_the_same(still):
    world, posts = still

    def decrypted(project, bodies):
        raise Unavailable("The key is not configured.")

    world.decrypted = decrypted
    world.subscribe("queue:copies")
    world.post(b"\x01secret")
    with world.notifier():
        world.wait_until(lambda: posts.posted)
