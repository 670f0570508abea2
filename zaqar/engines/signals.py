"""Signals between a parent and its workers."""

import logging
import os
import signal
import threading
import time

from zaqar import forks

LOG = logging.getLogger(__name__)

# Tells a worker that others take its place, so that it lets its clients go. No terminal sends it, as it does SIGWINCH.
REPLACED = signal.SIGRTMIN

_FOR_THE_PARENT = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


def leave_to_parent() -> None:
    """Keep the parent's handlers, and a terminal's Ctrl-C, out of the workers that it will fork."""
    forks.call(_leave)


def end_with_parent(parent: int, *, graceful_timeout: float) -> None:
    """End this process as a stop would, soon after its parent was killed."""
    threading.Thread(target=_watch, args=(parent, graceful_timeout), name="parent", daemon=True).start()


def _watch(parent: int, graceful_timeout: float) -> None:
    # Not PR_SET_PDEATHSIG: it follows the thread that forked, and comes too late for a parent that is dead already.
    while os.getppid() == parent:
        time.sleep(1)
    LOG.error("The parent process is gone; this process ends.")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(graceful_timeout)
    # A client that stalls would keep the port from the next service.
    os._exit(1)


def _leave() -> None:
    # A worker that is told to stop before it has handlers of its own would run those of its parent, which only take a
    # note; the parent would wait for it until the graceful timeout is over.
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_DFL)
    # A terminal sends it to the workers as well, and granian's can hang when their parent's SIGTERM comes on top.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
