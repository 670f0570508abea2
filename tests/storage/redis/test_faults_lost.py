"""A connection that ends in the middle of a call: before the server has the request, or before we have the answer."""

import contextlib

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import claim, everything, exists, ids, listed, numbers, post
from tests.integration.proxy import Fault, proxy_to
from tests.integration.redis_groups import redis_cluster
from tests.integration.redis_servers import HOST, redis_server
from tests.storage.redis.faults import ACTS, HASTY, Scene
from tests.storage.redis.opening import management_store, opened
from zaqar.errors import Unavailable
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.redis.messages.store import Parts
from zaqar.storage.redis.server.address import parse
from zaqar.storage.redis.server.cluster import Cluster
from zaqar.storage.redis.server.opening import open_server
from zaqar.storage.redis.server.server import Server

LOSSES = [Fault.LOSE_REQUEST, Fault.LOSE_ANSWER]

pytestmark = pytest.mark.parametrize("fault", LOSSES, ids=lambda fault: fault.name)


@pytest.fixture
def proxy(shared):
    with proxy_to(shared(redis_server).port) as between:
        yield between


@pytest.fixture
def scene(proxy):
    with opened(f"redis://{HOST}:{proxy.port}") as store:
        yield Scene(store)


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"pop"}))
def test_whatever_may_be_repeated_succeeds(name, fault, scene, proxy):
    proxy.fail(fault)

    scene.act(name)

    assert not proxy.orders_left


def test_a_post_stores_once_and_gives_the_ids_that_a_list_shows(fault, scene, proxy):
    """W-R17: a repeated post made new messages."""
    proxy.fail(fault, times=3)

    given = post(scene.store, scene.queue, *numbered_messages(3, first=6))

    assert given == ids(listed(scene.store, scene.queue))[-3:]
    assert scene.store.records.stats(scene.queue).total == 9


def test_a_claim_that_was_repeated_holds_what_it_first_took(fault, scene, proxy):
    proxy.fail(fault, times=2)

    taken = claim(scene.store, scene.queue, limit=3)

    assert numbers(taken.messages) == [2, 3, 4]
    assert [message.claim_count for message in taken.messages] == [1, 1, 1]
    assert ids(scene.store.claims.get(scene.queue, named(taken.id)).messages) == ids(taken.messages)
    assert scene.store.records.stats(scene.queue).claimed == 5


def test_deleting_under_a_claim_ends_the_message_and_nothing_else(fault, scene, proxy):
    first, second = scene.ids[:2]
    proxy.fail(fault)
    scene.store.messages.delete(scene.queue, named(first), claim_id=named(scene.claim.id))
    proxy.fail(fault)
    scene.store.messages.delete_many(scene.queue, parse_ids([second]), claim_ids=parse_ids([scene.claim.id]))

    assert ids(everything(scene.store, scene.queue)) == scene.ids[2:]


def test_renewing_and_releasing_do_what_they_do_once(fault, scene, proxy):
    proxy.fail(fault)
    scene.store.claims.renew(scene.queue, named(scene.claim.id), ttl=900, grace=60)
    assert scene.store.claims.get(scene.queue, named(scene.claim.id)).ttl == 900

    proxy.fail(fault)
    scene.store.claims.release(scene.queue, named(scene.claim.id))
    assert [message.claim_count for message in listed(scene.store, scene.queue)[:3]] == [1, 1, 0]


def test_a_message_claimed_too_often_is_a_dead_letter_once(fault, scene, proxy):
    dead = queue_key()
    scene.store.records.create(dead)
    scene.store.claims.release(scene.queue, named(scene.claim.id))
    for step in (b"EXISTS", b"EVALSHA", b"HMGET", b"HDEL"):
        proxy.fail(fault, containing=step)

    taken = claim(scene.store, scene.queue, dead_letter=dead_letter_rule(dead))

    assert numbers(taken.messages) == [2, 3, 4, 5]
    assert numbers(listed(scene.store, dead)) == [0, 1]
    assert not proxy.orders_left


def test_a_pop_is_not_repeated_where_it_may_have_been_done(fault, scene, proxy):
    proxy.fail(fault)

    with pytest.raises(Unavailable, match="may or may not have been done"):
        scene.store.messages.pop(scene.queue, limit=2)

    is_done = fault is Fault.LOSE_ANSWER
    assert numbers(scene.store.messages.pop(scene.queue, limit=10)) == ([4, 5] if is_done else [2, 3, 4, 5])


def test_a_queue_that_may_have_been_made_is_not_reported_as_one_that_existed(fault, proxy):
    queue = queue_key()
    with contextlib.closing(management_store(f"redis://{HOST}:{proxy.port}")) as store:
        store.queues.create(queue_key(), {})  # so that the server knows the script
        proxy.fail(fault)
        with pytest.raises(Unavailable, match="may or may not have been done"):
            store.queues.create(queue, {})

        assert store.queues.create(queue, {}) == (fault is Fault.LOSE_REQUEST)


def test_metadata_that_may_have_been_replaced_is_not_reported_as_changed_by_another(fault, proxy):
    queue = queue_key()
    with contextlib.closing(management_store(f"redis://{HOST}:{proxy.port}")) as store:
        store.queues.create(queue, {})
        store.queues.replace_metadata(queue, old={}, new={"a": 1})
        proxy.fail(fault, containing=b'{"a":2}')
        with pytest.raises(Unavailable):
            store.queues.replace_metadata(queue, old={"a": 1}, new={"a": 2})

        assert store.queues.get(queue).metadata["a"] == (1 if fault is Fault.LOSE_REQUEST else 2)


def test_losses_without_an_end_are_unavailable_and_what_was_posted_is_there_once(fault, proxy):
    with opened(f"redis://{HOST}:{proxy.port}", **HASTY) as store:
        scene = Scene(store)
        proxy.fail(fault, times=1000)
        with pytest.raises(Unavailable):
            post(store, scene.queue, new_message(b"6"))
        proxy.pass_on()

        assert numbers(everything(store, scene.queue)) == [0, 1, 2, 3, 4, 5, *([6] * (fault is Fault.LOSE_ANSWER))]


def test_in_a_cluster_a_pop_is_not_repeated_and_a_post_is_stored_once(fault, shared):
    cluster = shared(redis_cluster)
    with contextlib.ExitStack() as stack:
        proxies = {node.port: stack.enter_context(proxy_to(node.port)) for node in cluster.primaries}
        store = stack.enter_context(contextlib.closing(_through(proxies, cluster.uri)))
        scene = Scene(store)
        proxy = proxies[cluster.primary_of(f"{{q:{scene.queue.project}/{scene.queue.name}}}").port]

        proxy.fail(fault)
        (last,) = post(store, scene.queue, new_message(b"6"))
        proxy.fail(fault)
        with pytest.raises(Unavailable):
            store.messages.pop(scene.queue, limit=2)

        is_done = fault is Fault.LOSE_ANSWER
        assert numbers(listed(store, scene.queue)) == ([4, 5, 6] if is_done else [2, 3, 4, 5, 6])
        assert exists(store, scene.queue, last)
        assert not proxy.orders_left


def _through(proxies, uri):
    """Open a store that goes to each node of the Cluster through its proxy."""
    options = {"socket_timeout": 1, "max_connections": 8, "retry_deadline": 5}
    options |= {"max_reconnect_attempts": 10, "reconnect_sleep": 0.1}

    def reach(place):
        return open_server(parse(f"redis://{HOST}:{proxies[place[1]].port}"), **options).link

    link = Cluster(parse(uri).hosts, reach, patience=2)
    return Parts(Server(link, deadline=5, attempts=10, longest_pause=0.1), MovableClock(), memory=30).store()
