"""A connection that breaks, a server that is gone: nothing acknowledged is lost, nothing is stored twice."""

import itertools
import threading

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, exists, ids, listed, numbers, post
from tests.integration.mongo_servers import mongo_server
from tests.integration.proxy import Fault, Proxy, proxy_to
from tests.storage.mongodb.opening import fresh_name, opened, opened_management
from zaqar.errors import Unavailable
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages.leases import LEASE

LOST = [Fault.LOSE_REQUEST, Fault.LOSE_ANSWER]


@pytest.fixture
def proxy(server):
    with proxy_to(server.port) as proxy:
        yield proxy


@pytest.fixture
def far(proxy: Proxy, name, clock):
    """A store behind the proxy."""
    with opened(f"mongodb://127.0.0.1:{proxy.port}", name, clock, patience=3.0) as store:
        key = queue_key()
        store.records.create(key)
        yield store, key


def step(number: int) -> bytes:
    """Return what only the request of this step of a post contains."""
    return [b"$push", b"documents", b"$pull"][number]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
@pytest.mark.parametrize("number", range(3), ids=["reserve", "insert", "publish"])
def test_a_post_of_which_a_step_is_lost_is_stored_once(far, proxy, fault, number):
    """W-M15."""
    store, queue = far
    post(store, queue, new_message(b"0"))
    proxy.fail(fault, containing=step(number))

    posted = post(store, queue, *numbered_messages(3, first=1))
    later = post(store, queue, new_message(b"4"))

    assert proxy.orders_left == 0
    assert numbers(everything(store, queue)) == [0, 1, 2, 3, 4]
    assert ids(everything(store, queue))[1:] == posted + later
    assert store.records.stats(queue).total == 5


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
@pytest.mark.parametrize("words", [b"claim_ttl", b"$lookup"], ids=["taking", "finding"])
def test_a_claim_of_which_a_step_is_lost_takes_what_it_asked_for(far, proxy, fault, words):
    store, queue = far
    posted = post(store, queue, *numbered_messages(8))
    proxy.fail(fault, containing=words)

    held = claim(store, queue, limit=5)

    assert proxy.orders_left == 0
    assert ids(held.messages) == posted[:5]
    assert [message.claim_count for message in held.messages] == [1] * 5
    assert ids(store.claims.get(queue, named(held.id)).messages) == posted[:5]
    assert ids(claim(store, queue).messages) == posted[5:]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
@pytest.mark.parametrize("words", [b"popped\x00\x02mark", b"deletes"], ids=["marking", "removing"])
def test_a_pop_of_which_a_step_is_lost_loses_no_message(far, proxy, fault, words):
    """W-M15."""
    store, queue = far
    posted = post(store, queue, *numbered_messages(8))
    proxy.fail(fault, containing=words if words == b"deletes" else b"popped")

    popped = store.messages.pop(queue, limit=5)

    assert proxy.orders_left == 0
    assert ids(popped) == posted[:5]
    assert ids(everything(store, queue)) == posted[5:]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_listing_and_statistics_may_be_lost(far, proxy, fault):
    store, queue = far
    posted = post(store, queue, *numbered_messages(3))
    store.messages.delete(queue, named(posted[1]), claim_id=None)

    proxy.fail(fault, containing=b"$lookup")
    assert ids(listed(store, queue)) == [posted[0], posted[2]]
    proxy.fail(fault, containing=b"$lookup")
    assert store.records.stats(queue).total == 2

    assert proxy.orders_left == 0


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_purge_of_which_a_step_is_lost_leaves_nothing(far, proxy, fault):
    """W-M10."""
    store, queue = far
    for words in (b"$max", b"$group", b"deletes"):
        post(store, queue, *numbered_messages(3))
        claim(store, queue, limit=1)
        proxy.fail(fault, containing=words)
        store.records.purge(queue)
        assert proxy.orders_left == 0
        assert everything(store, queue) == []
        assert store.records.stats(queue) == Stats()


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_delete_a_renewal_and_a_release_may_be_lost(far, proxy, fault):
    store, queue = far
    first, second = post(store, queue, *numbered_messages(2))
    held = claim(store, queue)
    acts = [
        (b"findAndModify", lambda: store.messages.delete(queue, named(first), claim_id=named(held.id))),
        (b"claim_ttl", lambda: store.claims.renew(queue, named(held.id), ttl=900, grace=60)),
        (b"$unset", lambda: store.claims.release(queue, named(held.id))),
    ]
    for words, act in acts:
        proxy.fail(fault, containing=words)
        act()
        assert proxy.orders_left == 0

    assert not exists(store, queue, first)
    assert ids(claim(store, queue).messages) == [second]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_what_a_lost_answer_did_to_the_counters_is_repaired_by_the_sweep(far, proxy, fault, clock):
    store, queue = far
    posted = post(store, queue, *numbered_messages(5))
    proxy.fail(fault, containing=b"findAndModify")
    store.messages.delete(queue, named(posted[0]), claim_id=None)
    store.records.stats(queue)
    clock.move(90)

    store.sweep()

    assert store.records.stats(queue).total == 4


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.name)
def test_a_queue_of_which_the_creation_is_lost_is_new(proxy, name, fault):
    with opened_management(f"mongodb://127.0.0.1:{proxy.port}", name, patience=3.0) as store:
        key = queue_key()
        assert not store.queues.list("p", marker=None, limit=1, name_contains=None, metadata={})
        proxy.fail(fault, containing=b"insert")
        assert store.queues.create(key, {"a": 1})
        assert not store.queues.create(key, {"a": 2})
        proxy.fail(fault, containing=b"$set")
        store.queues.replace_metadata(key, old={"a": 1}, new={"a": 3})
        assert store.queues.get(key).metadata == {"a": 3}


def test_a_post_given_up_does_not_keep_readers_waiting(far, proxy, store):
    near, (far_store, queue) = store, far
    post(far_store, queue, new_message(b"0"))
    proxy.fail(Fault.LOSE_REQUEST, containing=b"documents", times=1000)
    with pytest.raises(Unavailable):
        post(far_store, queue, new_message(b"1"))
    proxy.pass_on()
    post(near, queue, new_message(b"2"))

    assert numbers(everything(far_store, queue)) == [0, 2]
    assert numbers(everything(near, queue)) == [0, 2]


def test_a_post_whose_producer_died_is_removed_at_its_deadline(server, name, proxy, store, queue, clock):
    post(store, queue, new_message(b"0"))
    with opened(f"mongodb://127.0.0.1:{proxy.port}", name, clock, patience=0.3) as dying:
        proxy.fail(Fault.LOSE_REQUEST, containing=b"$pull", times=1000)
        with pytest.raises(Unavailable):
            post(dying, queue, *numbered_messages(3, first=10))
    post(store, queue, new_message(b"1"))
    clock.move(LEASE - 1)
    assert numbers(everything(store, queue)) == [0]  # behind it nothing may be seen: it might still come

    clock.move(1)

    assert numbers(everything(store, queue)) == [0, 1]
    assert numbers(claim(store, queue).messages) == [0, 1]


def test_a_repeated_post_whose_first_was_struck_is_stored_once(server, name, proxy, store, queue, clock):
    token = new_token()
    with opened(f"mongodb://127.0.0.1:{proxy.port}", name, clock, patience=0.3) as dying:
        proxy.fail(Fault.LOSE_REQUEST, containing=b"$pull", times=1000)
        with pytest.raises(Unavailable):
            dying.messages.post(queue, [new_message(b"7")], client_id=PRODUCER, token=token)
    clock.move(LEASE)

    posted = [store.messages.post(queue, [new_message(b"7")], client_id=PRODUCER, token=token).ids for _ in range(3)]

    assert posted[1:] == posted[:-1]
    assert ids(everything(store, queue)) == posted[0]


def test_a_server_that_is_away_is_unavailable_and_comes_back():
    with (
        mongo_server(is_durable=True) as server,
        fresh_name(server.uri) as name,
        opened(server.uri, name, patience=1.0) as store,
    ):
        queue = queue_key()
        store.records.create(queue)
        posted = post(store, queue, *numbered_messages(3))
        server.stop()
        assert not store.is_alive()
        for act in (store.records.stats, store.records.purge, lambda key: post(store, key, new_message())):
            with pytest.raises(Unavailable):
                act(queue)

        server.start()

        assert store.is_alive()
        assert ids(everything(store, queue)) == posted


def test_posts_and_claims_outlive_a_restart_of_the_server():
    with (
        mongo_server(is_durable=True) as server,
        fresh_name(server.uri) as name,
        opened(server.uri, name, patience=30.0) as store,
    ):
        queue = queue_key()
        store.records.create(queue)
        acknowledged, deleted, is_over = [], [], threading.Event()

        def produce():
            while not is_over.is_set():
                acknowledged.extend(post(store, queue, *numbered_messages(2)))

        def consume():
            while not is_over.is_set():
                held = claim(store, queue, limit=3)
                for message in held.messages:
                    store.messages.delete(queue, named(message.id), claim_id=named(held.id))
                    deleted.append(message.id)

        threads = [threading.Thread(target=act) for act in (produce, produce, consume)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 100:
            is_over.wait(0.01)
        server.stop()
        server.start()
        seen = len(acknowledged)
        while len(acknowledged) < seen + 100:
            is_over.wait(0.01)
        is_over.set()
        for thread in threads:
            thread.join(60)

        left = ids(everything(store, queue))
        assert sorted({*left, *deleted}) == sorted(acknowledged)
        assert not set(left) & set(deleted)


def test_a_hanging_server_is_unavailable_within_bounds(far, proxy):
    store, queue = far
    proxy.fail(Fault.HANG, times=1000)

    with pytest.raises(Unavailable):
        store.messages.get(queue, parse_ids(ids(itertools.repeat(new_message(), 0)) or ["0" * 14 + new_token()]))
    proxy.pass_on()
    proxy.cut()

    assert store.records.stats(queue) == Stats()
