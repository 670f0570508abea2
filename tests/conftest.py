"""What tests of several folders share."""

import logging
import os
import random
import signal
from collections.abc import Iterator
from unittest import mock

import pytest
from pymongo import message, monitoring

from tests.commands import TypeCheck
from tests.integration.redis_servers import VARIABLE
from tests.needs import Shared


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Start no further processes for one file, nor where a Redis of one's own is named: the tests empty it."""
    is_one_file = len(config.args) == 1 and ".py" in config.args[0]
    return 0 if is_one_file or VARIABLE in os.environ else None


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


@pytest.fixture(scope="session", autouse=True)
def _own_random() -> Iterator[None]:
    """Let PyMongo's threads number their messages from a source of their own.

    Hypothesis looks whether what it draws from depends on the module ``random``, and takes for that what another thread
    does with it meanwhile.
    """
    with mock.patch.object(message, "random", random.Random()):
        yield


@pytest.fixture(scope="session")
def _type_check() -> TypeCheck:
    check = TypeCheck()
    monitoring.register(check)
    return check


@pytest.fixture(autouse=True)
def _typed_commands(_type_check: TypeCheck) -> Iterator[None]:
    """Fail what sends MongoDB an argument of a type that it does not take: not every stand-in would refuse it."""
    yield
    assert _type_check.take() == []


@pytest.fixture(autouse=True)
def _same_level() -> Iterator[None]:
    """Let no test leave the log at another level: others count what is logged."""
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)
