"""Whose turn it is to do what one of all processes does."""

import random

from zaqar.storage.redis.server.failure import StoreFull
from zaqar.storage.redis.server.server import Server

ASKED_EVERY = 2
"""Seconds between two questions whose turn it is, in one process."""


def takes(server: Server, key: str, seconds: int) -> bool:
    """Tell whether nobody took this turn for so long; then it is the caller's. Raises ``Unavailable``."""
    try:
        return server.command("SET", key, "1", "NX", "EX", seconds) is not None
    except StoreFull:
        # It notes nobody's turn, and may need what is done in it most of all: each process takes about one in the time.
        return random.random() < ASKED_EVERY / seconds
