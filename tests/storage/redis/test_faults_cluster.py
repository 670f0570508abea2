"""A Cluster that changes: a primary is replaced, slots move, a node is away."""

import contextlib
import threading

import pytest
import redis

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.conformance.threads import together
from tests.integration import redis_groups
from tests.integration.process import wait_until
from tests.integration.redis_groups import redis_cluster
from tests.integration.redis_servers import HOST, redis_folder
from tests.storage.redis.faults import HASTY, STEADY, Load, made_queue, wait_until_copied, within
from tests.storage.redis.opening import opened
from zaqar.errors import Unavailable
from zaqar.storage.ids import named
from zaqar.storage.redis.keys import keys_of


def tag(queue):
    return f"{{q:{queue.project}/{queue.name}}}"


def queue_on(store, cluster, node):
    """Return a queue whose slot the node had when the Cluster was made."""
    queue = next(key for key in iter(queue_key, None) if cluster.primary_of(tag(key)) is node)
    store.records.create(queue)
    return queue


@pytest.fixture
def with_replicas():
    with redis_cluster(replicas=1) as running:
        yield running


@pytest.fixture(scope="module")
def cluster():
    with redis_cluster() as running:
        for node in running.primaries:
            node.client().config_set("cluster-require-full-coverage", "no")
        yield running


def test_everything_is_delivered_once_though_a_primary_dies(with_replicas):
    cluster = with_replicas
    with opened(cluster.uri, socket_timeout=0.5, **STEADY) as store:
        queues = [queue_on(store, cluster, node) for node in cluster.primaries]
        with Load(store, queues) as load:
            load.wait_for(messages=100)
            with load.held():
                wait_until_copied(cluster.primaries[0], cluster.replicas[0])
                cluster.primaries[0].kill()
            load.wait_for(messages=100)

        load.drain()
        assert load.failures == []
        assert load.delivered.keys() == load.acknowledged
        assert set(load.delivered.values()) == {1}

        # The other way round, and with a node that hangs: nobody waits for the copy.
        cluster.primaries[0].start()
        with Load(store, queues) as load:
            load.wait_for()
            cluster.primaries[1].pause()
            load.wait_for()
            cluster.primaries[1].resume()
            load.wait_for()
        assert load.failures == []


class Migration:
    """The move of a queue's slot from one node to another."""

    def __init__(self, queue, source, target):
        self.source, self.target = source, target
        self.slot = int(source.client().execute_command("CLUSTER", "KEYSLOT", tag(queue)))

    def begin(self):
        source, target = (redis_groups.cluster_command(node, "MYID") for node in (self.source, self.target))
        redis_groups.cluster_command(self.target, "SETSLOT", self.slot, "IMPORTING", source)
        redis_groups.cluster_command(self.source, "SETSLOT", self.slot, "MIGRATING", target)

    def move_keys(self):
        while keys := self.source.client().execute_command("CLUSTER", "GETKEYSINSLOT", self.slot, 100):
            self.source.client().migrate(HOST, self.target.port, keys, 0, 5000)

    def end(self):
        name = redis_groups.cluster_command(self.target, "MYID")
        redis_groups.cluster_command(self.target, "SETSLOT", self.slot, "NODE", name)
        with contextlib.suppress(redis.ResponseError):  # without its last slot it may be a replica already
            redis_groups.cluster_command(self.source, "SETSLOT", self.slot, "NODE", name)


@contextlib.contextmanager
def moving(queue, source, target):
    """Move the slot, whose keys are all at the target while the block runs; afterwards everything goes back."""
    there, back = Migration(queue, source, target), Migration(queue, target, source)
    there.begin()
    there.move_keys()
    yield there
    back.begin()
    back.move_keys()
    back.end()


@pytest.fixture
def empty_node(cluster):
    """A further member that has no slot yet: a list of slots does not name it."""
    with redis_folder() as folder, redis_groups.cluster_member(folder / "new") as node:
        node.wait()
        redis_groups.cluster_command(node, "MEET", HOST, cluster.primaries[0].port)
        members = [*cluster.primaries, node]
        wait_until(lambda: all(len(redis_groups.known_to(one)) == 4 for one in members), what="all knowing all")
        wait_until(lambda: redis_groups.is_ok(node), what="the state ok of the new node")
        yield node
        name = redis_groups.cluster_command(node, "MYID")
        for one in cluster.primaries:
            redis_groups.cluster_command(one, "FORGET", name)


@pytest.mark.parametrize("target", ["a node with slots", "an empty node"])
def test_messages_go_on_while_their_slot_moves(target, cluster, request):
    node = cluster.primaries[1] if target == "a node with slots" else request.getfixturevalue("empty_node")
    source = cluster.primaries[0]
    with opened(cluster.uri, **STEADY) as store:
        queue = queue_on(store, cluster, source)
        with Load(store, [queue]) as load:
            load.wait_for()
            with moving(queue, source, node) as migration:
                migration.end()
                load.wait_for()
            load.wait_for()

        load.drain()
        assert load.failures == []
        assert load.delivered.keys() == load.acknowledged
        assert set(load.delivered.values()) == {1}


def test_a_pop_is_done_once_though_the_nodes_send_it_to_and_fro(cluster, empty_node):
    source = cluster.primaries[0]
    with opened(cluster.uri, **STEADY) as store:
        queue = queue_on(store, cluster, source)
        post(store, queue, *numbered_messages(3))
        with moving(queue, source, empty_node) as migration:
            assert store.parts.server.command("EXISTS", keys_of(queue).record) == 1, (
                "a single key is found where it went"
            )
            ending = threading.Timer(0.2, migration.end)
            ending.start()
            assert numbers(store.messages.pop(queue, limit=1)) == [0]
            ending.join()

        assert numbers(listed(store, queue)) == [1, 2]


def test_of_a_node_that_is_away_only_its_own_queues_are_unavailable(cluster):
    with opened(cluster.uri, **HASTY) as store:
        queues = [queue_on(store, cluster, node) for node in cluster.primaries]
        lost = cluster.primaries[2]
        lost.kill()
        try:
            for queue in queues[:2]:
                with within(1):
                    post(store, queue, new_message())
            with within(5), pytest.raises(Unavailable):
                post(store, queues[2], new_message())
            assert not store.is_alive()
            with within(5), pytest.raises(Unavailable):
                store.sweep()
            with opened(cluster.uri, **HASTY) as fresh:
                assert len(listed(fresh, queues[0])) == 1
        finally:
            lost.start()
            cluster.wait_until_ok()

        store.records.create(queues[2])
        post(store, queues[2], new_message())
        assert store.is_alive()


def test_a_cluster_that_is_away_at_first_is_found_when_it_is_there(cluster):
    with opened(cluster.uri, **STEADY) as store:
        for node in cluster.primaries:
            node.pause()
        with opened(cluster.uri, **HASTY) as hasty, within(6):
            failures = together(*[lambda: _failure(hasty)] * 4)
        assert [type(failure) for failure in failures] == [Unavailable] * 4
        for node in cluster.primaries:
            node.resume()

        post(store, made_queue(store), new_message())
    cluster.wait_until_ok()


def _failure(store):
    with pytest.raises(Unavailable) as caught:
        listed(store, queue_key())
    return caught.value


def test_many_threads_share_one_store(cluster):
    with opened(cluster.uri, max_connections=2) as store:
        queues = [queue_on(store, cluster, node) for node in cluster.primaries]

        def work(number):
            queue = queues[number % 3]
            for turn in range(20):
                post(store, queue, new_message(str(turn).encode()))
                taken = claim(store, queue, limit=1)
                store.messages.delete(queue, named(taken.messages[0].id), claim_id=named(taken.id))

        together(*[lambda number=number: work(number) for number in range(8)])
        assert [store.records.stats(queue).total for queue in queues] == [0, 0, 0]
