"""News: that a queue has something for whoever waits for it. Lost news only cost time, as everybody looks now and then."""

from typing import Protocol

from zaqar.models import QueueKey


class News(Protocol):
    """Where news are told."""

    def tell(self, queue: QueueKey) -> None:
        """Say that the queue has something new; never raises, never waits."""
        ...


class NoNews:
    """Nobody waits."""

    def tell(self, queue: QueueKey) -> None:
        """Say it to nobody."""
