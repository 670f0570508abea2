"""The servers that other tests build on do what those tests believe."""

import contextlib

import pytest
import redis

from tests.conformance.threads import together
from tests.integration.process import wait_until
from tests.integration.proxy import Fault, proxy_to
from tests.integration.redis_groups import redis_cluster, redis_sentinels
from tests.integration.redis_servers import HOST, redis_server


@pytest.fixture
def server():
    with redis_server() as running:
        yield running


@pytest.fixture
def proxy(server):
    with proxy_to(server.port) as between:
        yield between


@contextlib.contextmanager
def client_of(proxy, **options):
    """Connect through the proxy without trying anything twice."""
    quiet = {"retry": None, "protocol": 2, "driver_info": None}
    with contextlib.closing(redis.Redis(HOST, proxy.port, **quiet, **options)) as client:
        yield client


@pytest.fixture
def client(proxy):
    with client_of(proxy) as through:
        yield through


def test_a_server_comes_back_where_it_was_with_what_it_kept():
    with redis_server(arguments=["--appendonly", "yes", "--appendfsync", "always"]) as server:
        server.client().set("kept", 1)
        port = server.port
        server.kill()
        server.start()

        assert server.port == port
        assert server.client().get("kept") == b"1"


@pytest.mark.parametrize("options", [{"tls": True}, {"unix_socket": True}, {"password": "open@/sesame"}], ids=str)
def test_a_server_answers_in_every_form(options):
    with redis_server(**options) as server:
        assert server.client().ping()


def test_a_paused_server_answers_when_it_is_resumed(server):
    with contextlib.closing(redis.Redis(HOST, server.port, socket_timeout=0.1, retry=None)) as client:
        client.ping()
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.resume()

        assert wait_until(client.ping)


def test_a_cluster_serves_a_third_of_the_slots_on_each_of_three_nodes():
    with redis_cluster() as cluster, contextlib.closing(_cluster_client(cluster)) as client:
        for number in range(60):
            client.set(f"key-{number}", number)
        sizes = [node.client().dbsize() for node in cluster.primaries]

        assert sum(sizes) == 60
        assert all(sizes)
        assert cluster.primary_of("key-7").client().get("key-7") == b"7"


def test_a_replica_takes_over_in_a_cluster():
    with redis_cluster(replicas=1) as cluster:
        lost = cluster.primaries[1]
        lost.kill()
        cluster.wait_for_failover(1)

        assert cluster.primaries[1] is not lost
        with contextlib.closing(_cluster_client(cluster)) as client:
            assert all(client.set(f"key-{number}", number) for number in range(60))


def test_sentinels_name_the_primary_and_replace_it_when_it_dies():
    with redis_sentinels() as group:
        lost, (replica,) = group.primary, group.replicas
        hosts = [(HOST, sentinel.port) for sentinel in group.sentinels]
        sentinel = redis.Sentinel(hosts)
        assert sentinel.discover_master("zaqar") == (HOST, lost.port)

        lost.kill()

        assert group.wait_for_failover() is replica
        assert sentinel.discover_master("zaqar") == (HOST, replica.port)
        assert replica.client().set("key", 1)
        for one in sentinel.sentinels:
            one.close()


def test_the_proxy_passes_everything_and_counts(proxy, client):
    value = b"x" * 500_000
    client.set("key", value)

    assert client.get("key") == value
    assert (proxy.connections, proxy.open_connections, proxy.exchanges) == (1, 1, 2)


def test_a_lost_answer_is_of_a_request_that_was_done_once(server, proxy, client):
    proxy.fail(Fault.LOSE_ANSWER, containing=b"INCR")
    client.set("other", 1)

    with pytest.raises(redis.ConnectionError):
        client.incr("count")

    assert server.client().get("count") == b"1"
    assert client.incr("count") == 2


def test_a_lost_request_was_not_done(server, proxy, client):
    proxy.fail(Fault.LOSE_REQUEST, containing=b"INCR")

    with pytest.raises(redis.ConnectionError):
        client.incr("count")

    assert server.client().get("count") is None


def test_a_long_request_is_lost_whole(server, proxy, client):
    proxy.fail(Fault.LOSE_ANSWER, containing=b"the end")

    with pytest.raises(redis.ConnectionError):
        client.append("key", b"x" * 3_000_000 + b"the end")

    assert server.client().strlen("key") == 3_000_007


def test_exactly_as_many_exchanges_fail_as_were_ordered_on_whatever_connections(server, proxy):
    def increment():
        lost = 0
        with client_of(proxy) as client:
            for _ in range(20):
                try:
                    client.incr("count")
                except redis.ConnectionError:
                    lost += 1
        return lost

    proxy.fail(Fault.LOSE_ANSWER, containing=b"INCR", times=7)

    assert sum(together(*[increment] * 4)) == 7
    assert server.client().get("count") == b"80"
    assert proxy.orders_left == 0


def test_a_request_that_hangs_gets_neither_done_nor_answered(server, proxy):
    proxy.fail(Fault.HANG, containing=b"INCR")
    with client_of(proxy, socket_timeout=0.2) as client:
        with pytest.raises(redis.TimeoutError):
            client.incr("count")

        assert server.client().get("count") is None
        assert client.incr("count") == 1


def test_refused_connections_are_taken_again_when_the_proxy_passes_on(proxy, client):
    client.ping()
    proxy.refuse()
    with client_of(proxy) as late:
        with pytest.raises(redis.ConnectionError):
            late.ping()
        assert client.ping()

        proxy.pass_on()
        assert late.ping()


def test_a_cut_ends_every_open_connection(proxy, client):
    client.ping()
    proxy.cut()
    wait_until(lambda: proxy.open_connections == 0)

    assert client.ping()  # over a new connection
    assert proxy.connections == 2


def _cluster_client(cluster):
    return redis.RedisCluster(HOST, cluster.primaries[0].port)
