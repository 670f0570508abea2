"""What tests of a store that is away have in common: who consumes meanwhile, and what every answer has to say."""

import contextlib
import http.client
import os
import random
import signal
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable

import pytest

from tests.integration.process import RunningServer, wait_until
from tests.integration.rest import Service


def kill_a_worker(server: RunningServer) -> None:
    """Kill -9 a worker and wait until another has its place."""
    victim = random.choice(server.worker_pids())
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(server.worker_pids()) == 2 and victim not in server.worker_pids(), what="another worker")


class Consumer(threading.Thread):
    """Claims and deletes without a pause, and counts what it was given and has deleted."""

    def __init__(self, url: str, queue: str, stopped: threading.Event) -> None:
        super().__init__(daemon=True)
        self.service, self.queue, self.stopped = Service(url), queue, stopped
        self.claimed: Counter[str] = Counter()
        self.deleted: set[str] = set()
        self.statuses: Counter[int] = Counter()

    def run(self) -> None:
        while not self.stopped.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.consume()
        self.service.close()

    def consume(self) -> None:
        status, claim = self.service.call("POST", f"/v2/queues/{self.queue}/claims?limit=5", {"ttl": 300, "grace": 60})
        self.statuses[status] += 1
        for message in claim["messages"] if status == 201 else ():
            self.claimed[message["body"]] += 1
            status, _ = self.service.call("DELETE", message["href"])
            self.statuses[status] += 1
            if status == 204:
                self.deleted.add(message["body"])


def check_answers_while_away(
    server: RunningServer, *, take_away: Callable[[], object], bring_back: Callable[[], object]
) -> None:
    """Take the store away and bring it back; meanwhile each answer is 503 and says when to come back."""
    with contextlib.closing(Service(server.url)) as service:
        (first,) = service.post("q", [1])
        assert service.call("GET", "/v2/ping")[0] == 204
        take_away()

        for method, path, document in (
            ("POST", "/v2/queues/q/messages", {"messages": [{"body": 2}]}),
            ("GET", f"/v2/queues/q/messages/{first}", None),
            ("POST", "/v2/queues/q/claims", {"ttl": 60, "grace": 60}),
            ("DELETE", "/v2/queues/q/messages?pop=1", None),
            ("GET", "/v2/queues", None),
            ("PUT", "/v2/queues/other", {}),
        ):
            status, answer = service.call(method, path, document)
            assert (status, answer["title"]) == (503, "Service temporarily unavailable")
        assert service.call("GET", "/v2/ping")[0] == 503
        assert _retry_after(server) == "5"

        bring_back()
        wait_until(lambda: service.call("GET", "/v2/ping")[0] == 204, what="the service back")
        assert [message["id"] for message in service.every_message("q")] == [first]
        service.post("q", [2])
        assert server.log.count("cannot be served") == 7


def _retry_after(server: RunningServer) -> str | None:
    """Return what an answer of 503 says about when to come back."""
    headers = {"Client-ID": "3381af92-2b9e-11e3-b191-71861300734c", "X-Project-ID": "demo"}
    request = urllib.request.Request(f"{server.url}/v2/queues/q/stats", headers=headers)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as answer:
        return answer.headers["Retry-After"]
