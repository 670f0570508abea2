"""What tests of several folders share."""

import signal
from collections.abc import Iterator

import pytest

from tests.needs import Shared


@pytest.fixture(scope="session")
def shared() -> Iterator[Shared]:
    """Return where servers are found that live as long as the session."""
    with Shared() as made:
        yield made


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """Let programs that tests start be interrupted: a shell has what it runs in the background ignore the signal."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
