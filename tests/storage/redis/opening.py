"""Stores of these tests, as the driver opens them: of one with parts the clock stands still, unless another is given."""

import contextlib
from collections.abc import Iterator

from tests.clock import MovableClock
from tests.parts import OpenStore, opened_with
from zaqar.clock import Clock
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.redis.driver import DRIVER, Options


def message_store(uri: str, *, clock: Clock | None = None, **options) -> MessageStore:
    """Return a message store whose clock, unless one is given, is the server's."""
    return DRIVER.message_store(Options(uri=uri, **options), clock)


def management_store(uri: str, **options) -> ManagementStore:
    """Return a management store."""
    return DRIVER.management_store(Options(uri=uri, **options), None)


@contextlib.contextmanager
def opened(uri: str, **options) -> Iterator[OpenStore]:
    """Open a message store that shows its parts."""
    clock = options.pop("clock", MovableClock())
    with contextlib.closing(opened_with(DRIVER.parts(Options(uri=uri, **options), clock))) as store:
        yield store
