"""Two processes' worth of operations on one database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clock import MovableClock
from zaqar import config, deploy
from zaqar.operations import Operations


@pytest.fixture
def services(tmp_path: Path) -> Iterator[tuple[Operations, Operations]]:
    """Two services that remember settings for a minute and share nothing but their data."""
    loaded = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.conf"
        path.write_text(
            "[DEFAULT]\nqueue_cache_time = 60\n[drivers:message_store:sqlalchemy]\n"
            f"uri = sqlite:///{tmp_path}/zaqar.db\nsynchronous = NORMAL\n"
        )
        loaded.append(config.load(files=[str(path)]))
    deploy.prepare(loaded[0])
    clock = MovableClock()
    one, two = (deploy.service(conf, clock=clock) for conf in loaded)
    yield one.operations, two.operations
    one.close()
    two.close()
