import uuid
from collections.abc import Iterator

import pytest

from tests.integration.process import RunningServer, running_server


@pytest.fixture(scope="package", params=["gunicorn", "granian"])
def server(request, tmp_path_factory) -> Iterator[RunningServer]:
    with running_server(
        tmp_path_factory.mktemp("server"), {"server": {"workers": 2, "engine": request.param}}
    ) as server:
        yield server


@pytest.fixture
def project() -> str:
    return uuid.uuid4().hex
