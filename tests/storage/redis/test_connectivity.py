"""Every way to a server carries the whole conversation. W-R21; ``test_address.py`` has the forms of the addresses."""

import contextlib
import threading
from functools import partial

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from tests.conformance.threads import together
from tests.integration.redis_groups import redis_cluster, redis_sentinels
from tests.integration.redis_servers import redis_server
from tests.storage.redis.opening import management_store, message_store
from zaqar.storage.ids import named, parse_ids

PLACES = {
    "one server": lambda shared: redis_server(),
    "a password": lambda shared: redis_server(password="s3cret@/?"),
    "a Unix socket": lambda shared: redis_server(unix_socket=True),
    "TLS": lambda shared: redis_server(tls=True),
    "a Cluster": lambda shared: contextlib.nullcontext(shared(redis_cluster)),
    "Sentinels": lambda shared: contextlib.nullcontext(shared(redis_sentinels)),
}


def _uri(server) -> str:
    access = getattr(server, "access", None)
    uri = server.uri.replace("s3cret@/?", "s3cret%40%2F%3F")
    return f"{uri}?ssl_ca_certs={access.certificates.certificate}" if access and access.certificates else uri


@pytest.fixture(params=PLACES)
def place(request, shared):
    """The address of a server."""
    with PLACES[request.param](shared) as server:
        yield _uri(server)


def test_the_whole_conversation_works(place):
    """W-R21: there was no TLS and no Cluster; W-R12: a queue lies on one slot; W-R22: a dead letter changes slots."""
    with contextlib.closing(message_store(place)) as store, contextlib.closing(management_store(place)) as management:
        for _ in range(5):  # so that they lie on different nodes
            queue, dead = queue_key(), queue_key()
            assert management.queues.create(queue, {"a": 1})
            store.records.create(queue)
            store.records.create(dead)
            message_ids = post(store, queue, *numbered_messages(6), new_message(b"6", delay=60))
            held = claim(store, queue, limit=2)
            store.claims.renew(queue, named(held.id), ttl=900, grace=60)
            store.messages.delete(queue, named(message_ids[0]), claim_id=named(held.id))
            assert ids(store.claims.get(queue, named(held.id)).messages) == message_ids[1:2]
            store.claims.release(queue, named(held.id))
            second = claim(store, queue, limit=2, dead_letter=dead_letter_rule(dead))
            assert numbers(second.messages) == [2, 3]
            assert numbers(listed(store, dead)) == [1]
            store.messages.delete_many(queue, parse_ids(message_ids[2:4]), claim_ids=parse_ids([second.id]))
            assert numbers(store.messages.pop(queue, limit=1)) == [4]
            assert numbers(everything(store, queue)) == [5, 6]
            assert numbers(store.messages.get(queue, parse_ids(message_ids))) == [5, 6]
            assert store.records.stats(queue).total == 2
            store.records.purge(queue)
            assert store.records.stats(queue).total == 0
            store.records.delete(queue)
            assert management.queues.get(queue).metadata == {"a": 1}
            management.queues.delete(queue)
        store.sweep()
        assert store.is_alive()
        assert management.is_alive()


def test_the_sweep_reaches_every_node(place, clock):
    """W-R10, W-R21."""
    with contextlib.closing(message_store(place, clock=clock)) as store:
        store.sweep()
        queues = [queue_key() for _ in range(12)]
        for queue in queues:
            store.records.create(queue)
            post(store, queue, *numbered_messages(3, ttl=60))
        clock.move(60)

        assert store.sweep() == 36
        for queue in queues:
            store.records.delete(queue)


@pytest.mark.parametrize("how", ["option", "uri"])
def test_a_pool_never_has_more_connections_than_it_may(server, how):
    """W-R21: its size could not be set; threads beyond it wait."""
    before = server.client().info("stats")["total_connections_received"]
    store = (
        message_store(server.uri, max_connections=3)
        if how == "option"
        else message_store(f"{server.uri}?max_connections=3")
    )
    queue = queue_key()
    store.records.create(queue)
    start = threading.Barrier(12)

    def use():
        start.wait(10)
        for _ in range(30):
            post(store, queue, new_message())

    together(*[partial(use)] * 12)

    assert store.records.stats(queue).total == 360
    assert server.client().info("stats")["total_connections_received"] - before <= 3
    store.close()


def test_an_answer_may_take_longer_than_a_tenth_of_a_second(server):
    """W-R21: that was the default, and no pause of a server is so rare."""
    with contextlib.closing(message_store(server.uri, max_reconnect_attempts=0)) as store:
        queue = queue_key()
        store.records.create(queue)
        server.client().execute_command("CLIENT", "PAUSE", 300, "ALL")

        assert len(post(store, queue, new_message())) == 1


@pytest.mark.parametrize("database", [0, 5])
def test_a_database_of_its_own_keeps_queues_apart(server, database, clock):
    """W-R21."""
    queue = queue_key()
    with (
        contextlib.closing(message_store(f"{server.uri}/{database}", clock=clock)) as store,
        contextlib.closing(message_store(f"{server.uri}?dbid={database}", clock=clock)) as same,
        contextlib.closing(message_store(f"{server.uri}/7", clock=clock)) as other,
    ):
        for each in (store, other):
            each.records.create(queue)
        post(store, queue, new_message())

        assert len(listed(same, queue)) == 1
        assert listed(other, queue) == []
        for each in (store, other):
            each.records.delete(queue)
