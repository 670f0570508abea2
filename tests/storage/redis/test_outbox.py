"""What Redis has of subscriptions and outboxes, what it costs, and what a crash or a full server does to it."""

import random

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, post
from tests.conformance.outbox_acts import (
    HOLDER,
    OTHER,
    failing,
    finish,
    kept,
    lease,
    log,
    message_ids,
    position,
    post_noticed,
    released,
    save,
    subscribe,
    subscribe_many,
)
from tests.storage.redis.opening import message_store
from tests.storage.redis.outboxes import Outbox
from tests.storage.redis.structures import Structures
from tests.storage.redis.test_faults_refusals import configured
from zaqar.errors import Unavailable
from zaqar.models import Progress
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of, outbox_keys_of

POST_WITHOUT_SUBSCRIPTIONS = ["GET", "HMGET", "HSET", "SET", "HSET", "ZADD", "ZADD", "HSET"]
"""What it was before there were subscriptions."""


# What there is.


def test_a_queue_with_a_subscription_has_its_keys_and_loses_them_with_it(store, queue, client):
    subscription = subscribe(store, queue)
    assert Outbox(client, queue).keys == {
        "subscribers",
        "subscriptions",
        "order",
        "endings",
        "progress",
        "needed",
        "behind",
    }
    post(store, queue, new_message())
    lease(store, queue)
    store.deliveries.hurry(queue, named(subscription.id))
    assert Outbox(client, queue).keys >= {"notices", "pending", "taken", "holders", "hurried"}

    store.subscriptions.delete(queue, named(subscription.id))

    assert Outbox(client, queue).keys == set()
    assert client.hkeys(keys_of(queue).record) == [b"next", b"noted"]


@pytest.mark.parametrize("how", ["delete_all", "delivery", "end", "end after the queue"])
def test_nothing_is_left_of_what_is_over(store, queue, client, clock, how):
    subscriptions = subscribe_many(store, queue, 3)
    post(store, queue, *numbered_messages(3))
    leases = lease(store, queue)
    store.deliveries.hurry(queue, named(subscriptions[0].id))
    if how == "delete_all":
        store.subscriptions.delete_all(queue)
    elif how == "delivery":
        finish(store, queue, *leases)
        assert not {"notices", "pending", "taken", "holders"} & Outbox(client, queue).keys
        for one in subscriptions:
            store.subscriptions.delete(queue, named(one.id))
    elif how == "end after the queue":
        store.records.delete(queue)

    clock.move(4000)
    store.sweep()
    store.deliveries.sources()
    lease(store, queue)

    assert Outbox(client, queue).keys == set()
    left = {key for key in client.scan_iter() if b"search" not in key and b"posted" not in key}
    assert left <= {keys_of(queue).record, keys_of(queue).resume}


class Wanderer:
    """Does whatever there is to do with one queue, in an order that is drawn."""

    def __init__(self, store, queue, clock, drawn):
        self._store = store
        self._queue = queue
        self._clock = clock
        self._drawn = drawn
        self._held = {HOLDER: {}, OTHER: {}}

    def step(self):
        self._drawn.choice(
            [
                *[self._subscribe] * 2,
                *[self._post] * 4,
                *[self._deliver] * 6,
                *[self._wait] * 3,
                self._change_one,
                self._store.sweep,
                self._change_queue,
            ]
        )()

    def _subscribe(self):
        subscribe(self._store, self._queue, f"http://{new_token()}.example", ttl=self._drawn.choice([60, 600, 600]))

    def _post(self):
        post(
            self._store, self._queue, *numbered_messages(self._drawn.randrange(1, 4), ttl=self._drawn.choice([9, 5000]))
        )

    def _wait(self):
        self._clock.move(self._drawn.choice([0.5, 2, 30]))

    def _deliver(self):
        holder = self._drawn.choice([HOLDER, OTHER])
        held = self._held[holder]
        for one in lease(self._store, self._queue, holder=holder, limit=self._drawn.choice([1, 3])):
            held[one.subscription.id] = one
        for id_, one in list(held.items()):
            say = self._drawn.choice([released, kept])
            save(self._store, self._queue, say(one, self._progress(one)), holder=holder)
            if say is released:
                del held[id_]

    def _progress(self, one):
        notices = log(self._store, self._queue)[: self._drawn.randrange(4)]
        high = max([one.progress.high, *(notice.last for notice in notices)])
        places = range(high - self._drawn.choice([0, 0, 1, 20]) + 1, high + 1)
        return Progress(high, failing(places, next_ms=self._clock.microseconds() // 1000 + self._drawn.randrange(9000)))

    def _change_one(self):
        there = self._store.subscriptions.list(self._queue, marker=None, limit=100)
        if not there:
            return
        one = self._drawn.choice(there)
        act = self._drawn.choice(["delete", "hurry", "renew"])
        if act == "delete":
            self._store.subscriptions.delete(self._queue, named(one.id))
        elif act == "hurry":
            self._store.deliveries.hurry(self._queue, named(one.id))
        else:
            self._store.subscriptions.replace(self._queue, old=one, new=one, restarts=True)

    def _change_queue(self):
        act = self._drawn.choice(["remake", "remake", "purge", "purge", "purge subscriptions"])
        if act == "remake":
            self._store.records.delete(self._queue)
            self._store.records.create(self._queue)
        elif act == "purge":
            self._store.records.purge(self._queue)
        else:
            self._store.subscriptions.delete_all(self._queue)


def test_the_structures_agree_after_any_sequence(store, queue, client, clock):
    """Of subscribing, posting, delivering and whatever ends them."""
    wanderer = Wanderer(store, queue, clock, random.Random(17))

    for _ in range(600):
        wanderer.step()
        Outbox(client, queue).check()


# What it costs.


def test_a_post_to_a_queue_without_subscriptions_runs_the_same_commands_as_ever(store, queue, watch):
    with watch() as sent:
        post(store, queue, new_message())

    (one,) = sent
    assert [name for name, _ in one.shape] == POST_WITHOUT_SUBSCRIPTIONS
    assert one.inside[1][2:] == ["next", "noted", "notify_until"]


def test_a_post_costs_the_same_with_one_subscription_and_with_many(store, queue, watch):
    shapes = []
    for count in (1, 200):
        subscribe_many(store, queue, count)
        post(store, queue, new_message())
        with watch() as sent:
            post(store, queue, *numbered_messages(2))
        shapes.append([one.shape for one in sent])
        store.subscriptions.delete_all(queue)

    assert shapes[0] == shapes[1]
    assert [name for name, _ in shapes[0][0]].count("XADD") == 1


CALLS = {
    "subscribe": lambda store, queue, one: subscribe(store, queue, "http://new.example"),
    "list": lambda store, queue, one: store.subscriptions.list(queue, marker=None, limit=10),
    "get": lambda store, queue, one: store.subscriptions.get(queue, named(one.subscription.id)),
    "delete": lambda store, queue, one: store.subscriptions.delete(queue, named(one.subscription.id)),
    "delete all": lambda store, queue, one: store.subscriptions.delete_all(queue),
    "lease": lambda store, queue, one: lease(store, queue, limit=10),
    "notices": lambda store, queue, one: log(store, queue),
    "save": lambda store, queue, one: save(store, queue, kept(one, one.progress)),
    "standing": lambda store, queue, one: store.deliveries.standing(queue, named(one.subscription.id)),
    "hurry": lambda store, queue, one: store.deliveries.hurry(queue, named(one.subscription.id)),
    "address": lambda store, queue, one: store.deliveries.address(
        queue, named(one.subscription.id), new_message(), token=new_token()
    ),
}


@pytest.mark.parametrize("project", ["", "p"])
def test_subscribing_works_after_another_one_has_ended_and_without_a_project(store, clock, watch, project):
    """W-R18: it took a round trip for each that was there, failed after an end, and listed in no stable order."""
    queue = queue_key(project=project)
    store.records.create(queue)
    subscribe(store, queue, "http://ended.example", ttl=60)
    there = subscribe_many(store, queue, 50)
    clock.move(60)

    with watch() as sent:
        again = subscribe(store, queue, "http://ended.example")

    assert [each.name for each in sent] == ["EVALSHA"]
    assert len(sent[0].inside) < 50
    ids = [one.id for one in store.subscriptions.list(queue, marker=None, limit=100)]
    assert ids == sorted([again.id, *(one.id for one in there)])


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_one_round_trip(store, queue, watch, call):
    subscribe_many(store, queue, 30)
    for _ in range(5):
        post(store, queue, *numbered_messages(2))
    (one,) = lease(store, queue, limit=1)

    with watch() as sent:
        CALLS[call](store, queue, one)

    assert [each.name for each in sent] == ["EVALSHA"]


def test_a_lease_and_the_standing_read_no_body(store, queue, watch):
    subscription = subscribe(store, queue)
    for _ in range(3):
        post(store, queue, new_message())

    with watch() as sent:
        store.deliveries.standing(queue, named(subscription.id))
        lease(store, queue)

    assert not [words for one in sent for words in one.inside if words[0].upper() in ("XRANGE", "XREVRANGE", "XREAD")]


# What a crash leaves, and a full server.


def test_a_source_that_a_crash_kept_from_being_noted_is_found_at_the_start_and_every_minute(
    server, store, queue, clock, client
):
    follower = message_store(server.uri, clock=clock)
    assert follower.deliveries.sources() == []
    subscribe(store, queue)
    post(store, queue, new_message())  # and no note is written
    assert follower.deliveries.sources() == []

    started = message_store(server.uri, clock=clock)
    assert started.deliveries.sources() == [queue]
    client.delete(*client.keys("zaqar:{agenda:*"))
    client.delete("zaqar:outboxes:search")  # which ends after a minute
    assert follower.deliveries.sources() == [queue]

    follower.close()
    started.close()


def test_a_process_that_posts_tells_of_a_source_without_being_asked(server, store, queue, clock):
    follower = message_store(server.uri, clock=clock)
    follower.deliveries.sources()
    subscribe(store, queue)
    post(store, queue, new_message())

    store.is_turn_to_sweep()

    assert follower.deliveries.sources() == [queue]
    follower.close()


class Between:
    """A link that does something before the first command of a name."""

    def __init__(self, link, name, step):
        self.losses = 0
        self._link = link
        self._name = name
        self._step = step

    def ask(self, command, **options):
        if command[0] == self._name and self._step:
            step, self._step = self._step, None
            step()
        return self._link.ask(command, **options)

    def __getattr__(self, name):
        return getattr(self._link, name)


@pytest.mark.parametrize("name", ["SREM", "EXISTS"])
def test_a_post_that_comes_while_an_empty_source_is_struck_is_not_lost(server, store, queue, clock, name):
    subscribe(store, queue)
    post(store, queue, new_message())
    finish(store, queue, *lease(store, queue))
    store.deliveries.sources()
    producer = message_store(server.uri, clock=clock)

    def produce():
        post(producer, queue, new_message())
        producer.is_turn_to_sweep()

    store.parts.server.link = Between(store.parts.server.link, name, produce)
    assert lease(store, queue) == []

    assert store.deliveries.sources() == [queue]
    producer.close()


def test_a_log_that_is_ahead_of_a_new_record_moves_it_on(store, queue, client, clock):
    """Where what was remembered of the positions is gone, a post must still find a place behind the last notice."""
    subscribe(store, queue)
    before = post(store, queue, *numbered_messages(2))
    store.records.delete(queue)
    client.delete(keys_of(queue).resume)
    clock.move(-100)
    store.records.create(queue)

    after = post(store, queue, new_message())

    assert message_ids(log(store, queue)) == before + after


def test_an_index_that_does_not_answer_keeps_no_lease_back(store, queue):
    subscribe(store, queue)
    post(store, queue, new_message())
    finish(store, queue, *lease(store, queue))

    def fail():
        raise Unavailable("away")

    store.parts.server.link = Between(store.parts.server.link, "SREM", fail)

    assert lease(store, queue) == []


def test_a_full_server_lets_deliveries_go_on(server, store, queue, clock):
    one, other = subscribe_many(store, queue, 2)
    ids = post(store, queue, *numbered_messages(2))
    with configured(server, maxmemory=1):
        with pytest.raises(Unavailable, match="The store is full"):
            subscribe(store, queue, "http://new.example")
        assert store.deliveries.sources() == [queue]
        first, second = lease(store, queue)
        store.deliveries.hurry(queue, named(one.id))
        save(store, queue, released(first, Progress(position(ids[0]))), kept(second, Progress(position(ids[1]))))
        assert len(log(store, queue)) == 1
        (again,) = lease(store, queue, holder=OTHER)
        finish_as = released(again, Progress(position(ids[1])))
        save(store, queue, finish_as, holder=OTHER)
        assert log(store, queue) == []
        assert lease(store, queue) == []
        store.subscriptions.delete(queue, named(other.id))
        clock.move(4000)
        store.sweep()

    assert store.subscriptions.list(queue, marker=None, limit=10) == []


def test_a_repetition_of_the_first_post_to_a_log_notes_the_source_again(server, store, queue, clock):
    """The first answer, which said that the log was empty, may be the one that was lost."""
    subscribe(store, queue)
    lost = message_store(server.uri, clock=clock)
    store.deliveries.sources()
    token = new_token()
    lost.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)
    lost.close()

    store.messages.post(queue, [new_message()], client_id=PRODUCER, token=token)

    assert store.deliveries.sources() == [queue]


def test_the_search_for_outboxes_finds_topics_and_odd_names(server, clock, store):
    keys = [queue_key(kind="topic"), queue_key(name="a{b}:notices"), queue_key(project="")]
    for key in keys:
        store.records.create(key)
        subscribe(store, key)
        post_noticed(store, key, new_message())

    started = message_store(server.uri, clock=clock)

    assert sorted(started.deliveries.sources()) == sorted(keys)
    started.close()


def test_what_a_subscription_leaves_of_the_queue_is_known(store, queue, client):
    """The test of structures knows the other keys of a queue."""
    subscribe(store, queue)
    post(store, queue, new_message())

    others = Structures(client, queue).others

    assert {key for key in others if b":posted:" not in key} <= set(outbox_keys_of(queue))
