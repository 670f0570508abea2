import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.mongo_servers import missing_mongo, named_or_own_mongo
from tests.integration.notifier.house import House
from tests.integration.notifier.receiver import Receiver, running_receiver
from tests.integration.redis_servers import missing_redis, named_or_own_redis
from tests.needs import Shared, require

STORES = {"sqlite": lambda: None, "redis": missing_redis, "mongodb": missing_mongo}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, shared: Shared) -> dict[str, dict[str, object]]:
    """Return the settings of each store in turn."""
    name = request.param
    require(name, STORES[name]())
    if name == "sqlite":
        return {}
    uri = shared(named_or_own_redis if name == "redis" else named_or_own_mongo)
    roles = ("message_store", "management_store")
    return {"drivers": dict.fromkeys(roles, name)} | {f"drivers:{role}:{name}": {"uri": uri} for role in roles}


@pytest.fixture
def house(tmp_path: Path, store: dict[str, dict[str, object]]) -> Iterator[House]:
    """Return a service on each store."""
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, store, stack)


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[House]:
    """Return a service on the embedded store."""
    with contextlib.ExitStack() as stack:
        yield House(tmp_path, {}, stack)
