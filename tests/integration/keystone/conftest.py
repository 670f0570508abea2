import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.integration.keystone import server
from tests.integration.notifier.receiver import Receiver, running_receiver
from tests.integration.process import RunningServer, running_server
from tests.needs import Shared

SAMPLE = Path(__file__).parents[3] / "etc" / "policy-reader-member-admin.yaml.sample"
SECONDS = 900
"""For a test that has to install Keystone first, on a machine with other things to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "integration/keystone" in str(item.path) and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.fixture(scope="session")
def keystone(shared: Shared) -> Iterator[server.KeystoneServer]:
    """A Keystone that stays up; what a test ends or stops is one of its own."""
    return shared(server.keystone)


class Caller:
    """Asks the service, with a token or without."""

    def __init__(self, service: RunningServer) -> None:
        self.url = service.url
        self.client_id = str(uuid.uuid4())

    def __call__(
        self,
        method: str,
        path: str,
        token: str | None = None,
        *,
        json: object = None,
        data: bytes | None = None,
        seconds: float = 60,
        **headers: str,
    ) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        own = {"Client-ID": self.client_id, **({"X-Auth-Token": token} if token else {})}
        return requests.request(
            method, self.url + path, json=json, data=data, headers={**own, **named}, timeout=seconds
        )


@pytest.fixture(scope="module", params=["default", "reader-member-admin"])
def rules(request: pytest.FixtureRequest) -> str:
    """Return which of the two sets of rules is in force."""
    return str(request.param)


@pytest.fixture(scope="module")
def ask_ruled(
    rules: str, keystone: server.KeystoneServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Caller]:
    """A service under these rules."""
    folder = tmp_path_factory.mktemp("service")
    settings = {**keystone.settings(), "server": {"workers": 1}}
    if rules != "default":
        shutil.copy(SAMPLE, folder / "policy.yaml")
        settings["oslo_policy"] = {"policy_file": folder / "policy.yaml"}
    with running_server(folder, settings) as service:
        yield Caller(service)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as running:
        yield running
