"""Keystone killed, hung, slow and back again, under load: known tokens go on, the others are told to come back."""

import contextlib
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import KeystoneServer, keystone
from tests.integration.process import RunningServer, running_server, wait_until

THREADS = 8
QUARTER = 2


@pytest.fixture(scope="module")
def own_keystone() -> Iterator[KeystoneServer]:
    with keystone() as server:
        yield server


@pytest.fixture(scope="module")
def service(own_keystone, tmp_path_factory) -> Iterator[RunningServer]:
    settings = own_keystone.settings(token_cache_time=600)
    with running_server(
        tmp_path_factory.mktemp("service"), {**settings, "server": {"workers": 1, "threads": THREADS}}
    ) as running:
        yield running


@pytest.fixture
def ask(service, own_keystone) -> Caller:
    caller = Caller(service)
    assert caller("GET", "/v2/queues", own_keystone.any_token("member-one")).ok
    return caller


class Load:
    """Clients with tokens that nobody knows, a new one each time, until the block ends."""

    def __init__(self, ask: Caller, clients: int) -> None:
        self._ask = ask
        self._ends = threading.Event()
        self._numbers = itertools.count()
        self.answers: Counter[int] = Counter()
        self.lacking_retry_after = 0
        self.slow_refusals = 0
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        while not self._ends.is_set():
            began = time.monotonic()
            answer = self._ask("GET", "/v2/queues", f"unknown-{next(self._numbers)}")
            self.answers[answer.status_code] += 1
            self.lacking_retry_after += answer.status_code == 503 and "Retry-After" not in answer.headers
            self.slow_refusals += time.monotonic() - began > 13
            self._ends.wait(0.02)


@contextlib.contextmanager
def _hung(server: KeystoneServer) -> Iterator[None]:
    server.pause()
    try:
        yield
    finally:
        server.resume()


def test_while_keystone_hangs_known_tokens_go_on_and_others_are_refused_at_once(ask, own_keystone):
    known, new = own_keystone.any_token("member-one"), own_keystone.token("member-one")
    with _hung(own_keystone), Load(ask, 3 * THREADS) as load:
        wait_until(lambda: load.answers[503] > 100, seconds=60, what="a hundred refusals")
        for _ in range(20):
            began = time.monotonic()
            assert ask("GET", "/v2/queues", known).ok
            # Every thread would be taken for ten seconds if validations could have them all.
            assert time.monotonic() - began < 5

    assert set(load.answers) <= {503, 401}
    assert load.lacking_retry_after == load.slow_refusals == 0
    wait_until(lambda: ask("GET", "/v2/queues", new).ok, seconds=60, what="Keystone's return")


def test_a_validation_ends_after_its_deadline(ask, own_keystone):
    with _hung(own_keystone):
        began = time.monotonic()
        answer = ask("GET", "/v2/queues", "nobody-knows")
        seconds = time.monotonic() - began

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert answer.json()["title"] == "Service temporarily unavailable"
    assert 9 < seconds < 14


def test_a_slow_keystone_is_waited_for_and_asked_once(ask, own_keystone):
    token = own_keystone.token("member-one")
    wait_until(lambda: ask("GET", "/v2/queues", "warm").status_code == 401, seconds=60, what="a validation")
    before = own_keystone.validations()
    answers = []
    with _hung(own_keystone):
        threads = [
            threading.Thread(target=lambda: answers.append(ask("GET", "/v2/queues", token).status_code))
            for _ in range(QUARTER)
        ]
        for thread in threads:
            thread.start()
        time.sleep(2)  # that is how slow it is
    for thread in threads:
        thread.join(60)

    assert answers == [200] * QUARTER
    assert own_keystone.validations() == before + 1


def test_a_keystone_that_was_killed_is_found_again(ask, own_keystone):
    known, new = own_keystone.any_token("member-one"), own_keystone.token("member-one")
    own_keystone.kill()

    with Load(ask, THREADS) as load:
        assert ask("GET", "/v2/queues", known).ok
        wait_until(lambda: load.answers[503] > 20, seconds=60, what="refusals")
        assert ask("GET", "/v2/queues", known).ok
        own_keystone.start()
        wait_until(lambda: ask("GET", "/v2/queues", new).ok, seconds=60, what="Keystone's return")
        assert ask("GET", "/v2/queues", known).ok

    assert set(load.answers) <= {503, 401}
    assert load.lacking_retry_after == 0


def test_a_service_user_that_keystone_does_not_let_in_is_an_outage_and_the_log_says_why(own_keystone, tmp_path):
    settings = own_keystone.settings(password="wrong")
    with running_server(tmp_path, {**settings, "server": {"workers": 1}}) as service:
        answer = Caller(service)("GET", "/v2/queues", own_keystone.any_token("member-one"))

        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert Caller(service)("GET", "/v2/queues").status_code == 401
        wait_until(lambda: "cannot be served: The identity service cannot validate tokens" in service.log)
        assert "Unauthorized" in service.log


def test_the_health_checks_do_not_ask_keystone(service, own_keystone):
    with _hung(own_keystone):
        for path in ("/healthcheck", "/healthcheck/live"):
            assert requests.get(service.url + path, timeout=5).status_code == 200
