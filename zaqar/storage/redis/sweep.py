"""Reclaims what has expired in queues that nobody uses: those in use are settled by every operation."""

import random

from zaqar.clock import Clock
from zaqar.errors import Unavailable
from zaqar.models import QueueKey
from zaqar.storage.redis import dead_letters, script
from zaqar.storage.redis.failure import StoreFull
from zaqar.storage.redis.keys import SWEPT, keys_of, queue_of
from zaqar.storage.redis.server import Server

INTERVAL = 30
"""Seconds between two sweeps by the processes of all hosts together."""

ASKED_EVERY = 2
"""Seconds between two questions whose turn it is, in one process."""

_TURN = "zaqar:sweep"


def is_turn(server: Server) -> bool:
    """Tell whether nobody swept during the interval; then the turn is the caller's."""
    try:
        return server.command("SET", _TURN, "1", "NX", "EX", INTERVAL) is not None
    except StoreFull:
        # It notes nobody's turn, and needs the sweep most of all: each process sweeps about once in an interval.
        return random.random() < ASKED_EVERY / INTERVAL


def sweep(server: Server, clock: Clock) -> int:
    """Settle every queue that has messages; return how many messages and claims went.

    Raises ``Unavailable`` for what could not be reached, after all the rest.
    """
    gone = 0
    missing: Unavailable | None = None
    for found in server.scan(SWEPT):
        for key in found:
            queue = queue_of(key)
            if not key.endswith(b":leaving"):
                gone += _settle(server, clock, queue)
                continue
            try:
                dead_letters.forward(server, clock, queue)
            except Unavailable as error:  # the dead-letter queue may lie on another node, which is away
                missing = error
    if missing is not None:
        raise missing
    return gone


def _settle(server: Server, clock: Clock, queue: QueueKey) -> int:
    gone = 0
    is_all = False
    while not is_all:
        is_all, number = server.call(script.SWEEP, keys_of(queue), (clock.now(),))
        gone += number
    return gone
