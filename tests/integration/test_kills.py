"""Death in the middle of posts: what was acknowledged is there exactly once, what was not is there once or not at all."""

import contextlib
import http.client
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.process import free_port, running_server, wait_until
from tests.integration.rest import Service

PRODUCERS = 4
QUEUES = ("first", "second")
KILLS = 6
ACKNOWLEDGED_BETWEEN_KILLS = 20


class House:
    """A server with two workers that is started again, on the same data and port, when it is found dead."""

    def __init__(self, folder: Path, engine: str, stack: contextlib.ExitStack) -> None:
        self.folder, self.stack, self.port = folder, stack, free_port()
        self.settings = {"server": {"engine": engine, "workers": 2}}
        self.start()

    def start(self) -> None:
        self.server = self.stack.enter_context(running_server(self.folder, self.settings, port=self.port))

    def kill_a_worker(self) -> None:
        """Kill -9 a worker and wait until another has its place."""
        victim = random.choice(self.server.worker_pids())
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: self.is_dead() or self.has_replaced(victim), what="a worker in the place of the killed one")
        self.come_back()

    def come_back(self) -> None:
        """Wait until the service answers, starting it again when it is dead.

        granian ends as a whole when a worker dies soon after its start, and for a moment nobody
        listens when both of its workers are new.
        """
        wait_until(lambda: self.is_dead() or self.answers(), what="an answer, or the end of the server")
        if self.is_dead():
            self.start()

    def answers(self) -> bool:
        with contextlib.closing(Service(self.server.url)) as service:
            try:
                service.call("GET", "/")
            except (OSError, http.client.HTTPException):
                return False
        return True

    def kill_everything(self) -> None:
        """Kill -9 the server and all it started, which are a process group of their own; start it again."""
        os.killpg(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait(timeout=10)
        self.start()

    def is_dead(self) -> bool:
        return self.server.process.poll() is not None

    def has_replaced(self, victim: int) -> bool:
        workers = self.server.worker_pids()
        return len(workers) == 2 and victim not in workers


class Producer(threading.Thread):
    """Posts without a pause and remembers what was acknowledged; what failed is never sent again."""

    def __init__(self, name: str, url: str, stopped: threading.Event, up: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.service = Service(url)
        self.stopped, self.up = stopped, up
        self.sent: set[str] = set()
        self.acknowledged: dict[str, str] = {}
        self.unexpected: list[object] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            first = len(self.sent)
            bodies = [f"{self.name}-{number}" for number in range(first, first + random.randint(1, 3))]
            self.sent.update(bodies)
            self.post(random.choice(QUEUES), bodies)
        self.service.close()

    def post(self, queue: str, bodies: list[str]) -> None:
        document = {"messages": [{"ttl": 3600, "body": body} for body in bodies]}
        try:
            status, answer = self.service.call("POST", f"/v2/queues/{queue}/messages", document)
        except (OSError, http.client.HTTPException):
            # A client that knocks at a port again and again while nobody listens can end up connected to itself.
            self.stopped.wait(0.05)
            self.up.wait(timeout=10)
            return
        if status == 201:
            ids = [path.rpartition("/")[2] for path in answer["resources"]]
            self.acknowledged.update(zip(bodies, ids, strict=True))
        elif status != 503:
            self.unexpected.append((status, answer))


def produce_while(url: str, disturb: Callable[[], None]) -> list[Producer]:
    """Disturb the server again and again while producers post, each time when some more was acknowledged."""
    stopped, up = threading.Event(), threading.Event()
    producers = [Producer(f"producer{number}", url, stopped, up) for number in range(PRODUCERS)]
    for producer in producers:
        producer.start()
    try:
        for _ in range(KILLS):
            up.set()
            enough = acknowledged(producers) + ACKNOWLEDGED_BETWEEN_KILLS
            wait_until(lambda least=enough: acknowledged(producers) >= least, what="more acknowledged posts")
            up.clear()
            disturb()
    finally:
        up.set()
        stopped.set()
        for producer in producers:
            producer.join(timeout=20)
    return producers


def acknowledged(producers: list[Producer]) -> int:
    return sum(len(producer.acknowledged) for producer in producers)


def check(url: str, producers: list[Producer]) -> None:
    """Compare what is stored with what was sent and what was acknowledged."""
    with contextlib.closing(Service(url)) as service:
        stored = [message for queue in QUEUES for message in service.every_message(queue)]
        total = sum(service.stats(queue)["total"] for queue in QUEUES)
    ids = {message["body"]: message["id"] for message in stored}
    promised = {body: name for producer in producers for body, name in producer.acknowledged.items()}

    assert [fault for producer in producers for fault in producer.unexpected] == []
    assert {body: count for body, count in Counter(message["body"] for message in stored).items() if count > 1} == {}
    assert {body: ids.get(body) for body in promised} == promised
    assert set(ids) <= {body for producer in producers for body in producer.sent}
    assert total == len(stored)


@pytest.fixture(params=["gunicorn", "granian"])
def house(request, tmp_path) -> Iterator[House]:
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, request.param, stack)


def test_what_was_acknowledged_is_there_once_after_workers_were_killed(house):
    producers = produce_while(house.server.url, house.kill_a_worker)

    house.come_back()
    check(house.server.url, producers)


def test_what_was_acknowledged_is_there_once_after_the_whole_server_was_killed(house):
    producers = produce_while(house.server.url, house.kill_everything)

    check(house.server.url, producers)


def test_a_claim_outlives_the_server_that_gave_it(house):
    with contextlib.closing(Service(house.server.url)) as service:
        service.post("claimed", ["one", "two", "three"])
        status, claim = service.call("POST", "/v2/queues/claimed/claims?limit=2")
        assert status == 201

        service.close()
        house.kill_everything()

        assert service.stats("claimed") == {"free": 1, "claimed": 2, "total": 3}
        assert service.call("DELETE", claim["messages"][0]["href"]) == (204, None)
        assert service.stats("claimed") == {"free": 1, "claimed": 1, "total": 2}
