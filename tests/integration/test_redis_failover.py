"""zaqar-server on a Redis that dies, is replaced or is away: what was acknowledged is there exactly once."""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.integration.outages import Consumer, check_answers_while_away, kill_a_worker
from tests.integration.process import running_server, wait_until
from tests.integration.redis_groups import redis_sentinels
from tests.integration.redis_servers import RedisServer, redis_server
from tests.integration.rest import Service
from tests.integration.test_kills import Producer, acknowledged, check, produce_while

DRIVERS = {"message_store": "redis", "management_store": "redis"}
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with redis_server(arguments=DURABLE) as running:
        yield running


def settings(uri: str, **options: object) -> dict[str, dict[str, object]]:
    return {"drivers": DRIVERS, "drivers:message_store:redis": {"uri": uri, **options}, "server": {"workers": 2}}


def test_what_was_acknowledged_is_there_once_after_workers_and_redis_were_killed(redis, tmp_path):
    def restart() -> None:
        redis.kill()
        redis.start()

    with running_server(tmp_path, settings(redis.uri)) as server:
        disturbances = itertools.cycle([restart, lambda: kill_a_worker(server)])

        def disturb() -> None:
            next(disturbances)()

        producers = produce_while(server.url, disturb)

        check(server.url, producers)


def test_claims_and_deletes_go_on_over_restarts_of_redis_and_nothing_is_given_twice(redis, tmp_path):
    with running_server(tmp_path, settings(redis.uri)) as server:
        with contextlib.closing(Service(server.url)) as service:
            bodies = [f"message {number}" for number in range(300)]
            for first in range(0, 300, 20):
                service.post("q", bodies[first : first + 20])
            stopped = threading.Event()
            consumers = [Consumer(server.url, "q", stopped) for _ in range(3)]
            for consumer in consumers:
                consumer.start()
            for done in (50, 150):
                wait_until(lambda done=done: sum(len(one.deleted) for one in consumers) >= done, what="some deletes")
                redis.kill()
                redis.start()
            wait_until(lambda: service.stats("q")["total"] == 0, what="the end of the queue")
            stopped.set()
            for consumer in consumers:
                consumer.join(20)

        given = sum((consumer.claimed for consumer in consumers), Counter())
        assert given == Counter(bodies), "nothing waits under a claim that nobody knows, nothing came twice"
        assert set().union(*(consumer.deleted for consumer in consumers)) == set(bodies)
        assert set().union(*(consumer.statuses for consumer in consumers)) == {201, 204}


def test_while_redis_is_away_answers_say_so_and_when_to_come_back(redis, tmp_path):
    with running_server(tmp_path, settings(redis.uri, retry_deadline=0.3)) as server:
        check_answers_while_away(server, take_away=redis.kill, bring_back=redis.start)


def test_what_was_acknowledged_after_a_failover_is_there_once(tmp_path):
    """Sentinel replaces the primary in the middle of posts; what the old one had not copied yet is not asked for."""
    with redis_sentinels() as group, running_server(tmp_path, settings(group.uri, retry_deadline=30)) as server:
        stopped, up = threading.Event(), threading.Event()
        up.set()
        producers = [Producer(f"producer{number}", server.url, stopped, up) for number in range(4)]
        for producer in producers:
            producer.start()
        wait_until(lambda: acknowledged(producers) >= 50, what="posts")
        group.primary.kill()
        group.wait_for_failover()
        before = {body for producer in producers for body in list(producer.acknowledged)}
        wait_until(lambda: acknowledged(producers) >= len(before) + 50, what="posts after the failover", seconds=30)
        stopped.set()
        for producer in producers:
            producer.join(30)

        with contextlib.closing(Service(server.url)) as service:
            stored = Counter(one["body"] for queue in ("first", "second") for one in service.every_message(queue))
        promised = {body for producer in producers for body in producer.acknowledged} - before
        assert promised <= stored.keys()
        assert set(stored.values()) == {1}
        assert [fault for producer in producers for fault in producer.unexpected] == []
