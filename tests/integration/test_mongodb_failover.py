"""zaqar-server on a MongoDB that is away for a while, with workers that are killed: what was acknowledged is there once."""

import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import Iterator

import pymongo
import pytest

from tests.integration.mongo_servers import MongoServer, is_emulator, mongo_server
from tests.integration.outages import Consumer, check_answers_while_away, kill_a_worker
from tests.integration.process import running_server, wait_until
from tests.integration.proxy import proxy_to
from tests.integration.rest import Service
from tests.integration.test_kills import check, produce_while

DRIVERS = {"message_store": "mongodb", "management_store": "mongodb"}


@pytest.fixture
def mongo() -> Iterator[MongoServer]:
    with mongo_server(is_durable=True) as running:
        yield running


def settings(uri: str, **options: object) -> dict[str, dict[str, object]]:
    return {"drivers": DRIVERS, "drivers:message_store:mongodb": {"uri": uri, **options}, "server": {"workers": 2}}


def restart(mongo: MongoServer) -> None:
    """Let the database die in the middle of everything and come back; the emulator keeps its data only when asked."""
    mongo.stop() if is_emulator() else mongo.kill()
    mongo.start()


def end_broken_posts(mongo: MongoServer) -> None:
    """Do to the posts of killed workers what their deadline, a minute, would do."""
    with contextlib.closing(mongo.client()) as client:
        for record in client["zaqar"]["records"].find({"reservations.0": {"$exists": True}}):
            past = {f"reservations.{place}.deadline": 0 for place in range(len(record["reservations"]))}
            client["zaqar"]["records"].update_one({"_id": record["_id"]}, {"$set": past})


def test_what_was_acknowledged_is_there_once_after_workers_were_killed_and_the_database_was_away(mongo, tmp_path):
    with running_server(tmp_path, settings(mongo.uri)) as server:
        disturbances = itertools.cycle([lambda: restart(mongo), lambda: kill_a_worker(server)])

        def disturb() -> None:
            next(disturbances)()

        producers = produce_while(server.url, disturb)

        end_broken_posts(mongo)
        check(server.url, producers)


def test_posts_and_claims_lose_and_double_nothing_while_workers_are_killed_and_connections_cut(mongo, tmp_path):
    stopped = threading.Event()
    with (
        proxy_to(mongo.port) as proxy,
        running_server(tmp_path, settings(f"mongodb://127.0.0.1:{proxy.port}")) as server,
    ):
        consumers = [Consumer(server.url, "first", stopped) for _ in range(3)]

        def cut() -> None:
            proxy.refuse()
            proxy.cut()
            stopped.wait(1.5)
            proxy.pass_on()

        disturbances = itertools.cycle([cut, lambda: kill_a_worker(server)])

        def disturb() -> None:
            next(disturbances)()
            if not consumers[0].ident:
                for consumer in consumers:
                    consumer.start()

        producers = produce_while(server.url, disturb)
        end_broken_posts(mongo)
        wait_until(lambda: sum(len(consumer.deleted) for consumer in consumers) >= 30, what="messages consumed")
        stopped.set()
        for consumer in consumers:
            consumer.join(20)

        with contextlib.closing(Service(server.url)) as service:
            stored = Counter(one["body"] for queue in ("first", "second") for one in service.every_message(queue))
        given = sum((consumer.claimed for consumer in consumers), Counter())
        deleted = set().union(*(consumer.deleted for consumer in consumers))
        assert {body for producer in producers for body in producer.acknowledged} <= stored.keys() | given.keys()
        assert set(stored.values()) | set(given.values()) == {1}
        assert not deleted & stored.keys()
        assert set(given) <= {body for producer in producers for body in producer.sent}
        assert [fault for producer in producers for fault in producer.unexpected] == []
        assert set().union(*(consumer.statuses for consumer in consumers)) <= {201, 204, 503}


def test_while_the_database_is_away_answers_say_so_and_when_to_come_back(mongo, tmp_path):
    with running_server(tmp_path, settings(mongo.uri, retry_deadline=0.3)) as server:
        check_answers_while_away(server, take_away=mongo.stop, bring_back=mongo.start)


def test_the_service_starts_without_its_database_and_serves_when_that_is_there(mongo, tmp_path):
    mongo.stop()
    with (
        running_server(tmp_path, settings(mongo.uri, retry_deadline=0.3)) as server,
        contextlib.closing(Service(server.url)) as service,
    ):
        assert "does not answer" in server.log
        assert service.call("PUT", "/v2/queues/q", {})[0] == 503
        mongo.start()

        wait_until(lambda: service.call("PUT", "/v2/queues/q", {})[0] in {201, 204}, what="the service")
        service.post("q", [1])
        with contextlib.closing(pymongo.MongoClient(mongo.uri)) as client:
            assert {"expiry", "reading"} <= set(client["zaqar"]["messages"].index_information())
