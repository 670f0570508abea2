"""The wall clock of one host is set to another time while the service runs there: for nobody does anything end.

On a store in the network another host keeps its time; what shares a SQLite file is on one host, and sees the same step.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.mongo_servers import mongo_server
from tests.integration.process import running_server, wait_until
from tests.integration.redis_servers import redis_server
from tests.integration.rest import Service
from tests.needs import Shared
from tests.storage.mongodb.opening import fresh_name

HOUR = 3600
LIFE = 600
"""Seconds that messages and claims live here: less than the clock is moved by."""

STORES = ("sqlite", "redis", "mongodb")


@contextlib.contextmanager
def store_settings(store: str, folder: Path, shared: Shared) -> Iterator[dict[str, dict[str, object]]]:
    """Yield the settings of a service on that store, which is empty."""
    if store == "sqlite":
        yield {"drivers:message_store:sqlalchemy": {"uri": f"sqlite:///{folder}/zaqar.db"}}
        return
    place = {"redis": _empty_redis, "mongodb": _empty_mongodb}[store]
    with place(shared) as options:
        drivers = {"message_store": store, "management_store": store}
        yield {"drivers": drivers, f"drivers:message_store:{store}": options}


@contextlib.contextmanager
def _empty_redis(shared: Shared) -> Iterator[dict[str, object]]:
    server = shared(redis_server)
    server.client().flushdb()
    yield {"uri": server.uri}


@contextlib.contextmanager
def _empty_mongodb(shared: Shared) -> Iterator[dict[str, object]]:
    uri = shared(mongo_server).uri
    with fresh_name(uri) as name:
        yield {"uri": uri, "database": name}


@dataclass
class Hosts:
    """Two services on one store, the wall clock of the first of which can be set."""

    moved: Service
    right: Service
    set_by: Callable[[int], object]


@pytest.fixture(params=STORES)
def hosts(request: pytest.FixtureRequest, tmp_path: Path, shared: Shared) -> Iterator[Hosts]:
    offset = tmp_path / "seconds"
    offset.write_text("0")
    moving = {"PYTHONPATH": str(Path(__file__).with_name("moved_wall_clock")), "MOVED_WALL_CLOCK": str(offset)}
    with contextlib.ExitStack() as opened:
        settings = opened.enter_context(store_settings(request.param, tmp_path, shared)) | {"server": {"workers": 1}}
        services = []
        for name, environment in (("moved", moving), ("right", moving if request.param == "sqlite" else {})):
            folder = tmp_path / name
            folder.mkdir()
            server = opened.enter_context(running_server(folder, settings, environment=environment))
            services.append(opened.enter_context(contextlib.closing(Service(server.url))))
        yield Hosts(*services, lambda seconds: offset.write_text(str(seconds)))


def _post(service: Service, *bodies: str) -> None:
    messages = [{"body": body, "ttl": LIFE} for body in bodies]
    assert service.call("POST", "/v2/queues/q/messages", {"messages": messages})[0] == 201


def _claim(service: Service) -> tuple[int, dict]:
    status, claim = service.call("POST", "/v2/queues/q/claims?limit=1", {"ttl": LIFE, "grace": 60})
    return status, claim


def _bodies(service: Service) -> list[str]:
    return [message["body"] for message in service.every_message("q")]


def _counts(service: Service, expected: dict[str, int]) -> None:
    """See the figures come true: MongoDB's counters may lag by a tenth of a second."""
    wait_until(lambda: service.stats("q") == expected, seconds=2, what=f"{expected} in the figures")


@pytest.mark.parametrize("step", [HOUR, -HOUR])
def test_a_step_ends_no_message_and_no_claim_and_no_age_is_negative(hosts, step):
    _post(hosts.moved, "first", "second")
    status, claim = _claim(hosts.moved)
    assert status == 201
    held = claim["messages"][0]["href"].partition("?")[0]

    hosts.set_by(step)

    _post(hosts.moved, "third")
    for service in (hosts.moved, hosts.right):
        assert _bodies(service) == ["first", "second", "third"]
        _counts(service, {"free": 2, "claimed": 1, "total": 3})
        found = service.every_message("q")
        assert all(0 <= message["age"] <= 60 for message in found), found
        assert service.call("DELETE", held)[0] == 403, "the claim holds it"
    status, second = _claim(hosts.moved)
    assert (status, second["messages"][0]["body"]) == (201, "second"), "it goes to nobody else"
    for path in (claim["messages"][0]["href"], second["messages"][0]["href"]):
        assert hosts.moved.call("DELETE", path)[0] == 204


def test_a_clock_that_is_set_forth_and_back_all_the_time_harms_nothing(hosts):
    _post(hosts.right, *(str(number) for number in range(20)))
    taken = []
    for number in range(20):
        hosts.set_by((HOUR, -HOUR, 0)[number % 3])
        status, claim = _claim(hosts.moved)
        assert status == 201
        taken += [message["body"] for message in claim["messages"]]

    assert taken == [str(number) for number in range(20)]
    _counts(hosts.right, {"free": 0, "claimed": 20, "total": 20})
