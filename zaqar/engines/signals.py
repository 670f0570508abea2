"""Signals between a parent and its workers."""

import os
import signal

_FOR_THE_PARENT = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


def leave_to_parent() -> None:
    """Keep the parent's handlers, and a terminal's Ctrl-C, out of the workers that it will fork."""
    os.register_at_fork(after_in_child=_leave)


def _leave() -> None:
    # A worker that is told to stop before it has handlers of its own would run those of its parent, which only take a
    # note; the parent would wait for it until the graceful timeout is over.
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_DFL)
    # A terminal sends it to the workers as well, and granian's can hang when their parent's SIGTERM comes on top.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
