"""The example programs with a token, against a service that asks Keystone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import KeystoneServer
from tests.integration.process import RunningServer, running_server

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def service(keystone: KeystoneServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    settings = {**keystone.settings(), "server": {"workers": 1}, "signed_url": {"secret_key": "k" * 32}}
    with running_server(tmp_path_factory.mktemp("service"), settings) as running:
        yield running


def _run(service: RunningServer, program: str, *words: str, token: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(EXAMPLES / program), "--url", service.url, "--queue", "shared", *words],
        env={**os.environ, "OS_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_token_in_the_environment_or_on_the_command_line_shares_its_own_project_s_queue(
    service: RunningServer, keystone: KeystoneServer
) -> None:
    token = keystone.any_token("member-one")

    for told in (_run(service, "share.py", token=token), _run(service, "share.py", "--token", token)):
        assert told.returncode == 0, told.stderr
        assert f'header = "X-Project-ID: {keystone.ids["project", "one"]}"' in told.stdout
        assert token not in told.stdout


def test_what_a_program_posts_with_a_token_is_the_project_s(service: RunningServer, keystone: KeystoneServer) -> None:
    token = keystone.any_token("member-one")

    told = _run(service, "producer.py", "--count", "3", token=token)

    assert told.returncode == 0, told.stderr
    page = Caller(service)("GET", "/v2/queues/shared/messages", token).json()
    assert len(page["messages"]) == 3


def test_without_a_token_it_is_refused(service: RunningServer) -> None:
    told = _run(service, "share.py")

    assert told.returncode == 1
    assert "401" in told.stderr
