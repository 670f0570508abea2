import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.integration.clients.pages import EXAMPLES
from tests.integration.process import RunningServer, running_server


@pytest.fixture(scope="package", params=["gunicorn", "granian"])
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    settings = {"server": {"workers": 2, "engine": request.param}, "signed_url": {"secret_key": "k" * 32}}
    with running_server(tmp_path_factory.mktemp("server"), settings) as server:
        yield server


@pytest.fixture
def project() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def run(tmp_path) -> Iterator[Callable[..., str]]:
    """Run what a page says with a program against a server of its own, and return what it prints.

    ``python`` as the program is this one, with the examples on its path.
    """
    # A refused request ends the script: without this, curl takes an error answer for success.
    (tmp_path / ".curlrc").write_text("fail\n")
    paths = {"CURL_HOME": str(tmp_path), "HOME": str(tmp_path), "PYTHONPATH": str(EXAMPLES)}
    programs = {"python": [sys.executable, "-c"], "sh": ["bash", "-e", "-o", "pipefail", "-c"]}
    with running_server(tmp_path, {"server": {"workers": 2}, "signed_url": {"secret_key": "k" * 32}}) as server:

        def run(language: str, text: str) -> str:
            done = subprocess.run(
                [*programs[language], text.replace("127.0.0.1:8888", f"127.0.0.1:{server.port}")],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                env={**os.environ, **paths},
            )
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        yield run
