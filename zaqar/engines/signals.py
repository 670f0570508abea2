"""Signals between a parent and its workers."""

import logging
import os
import signal
import threading
import time

from zaqar import forks

LOG = logging.getLogger(__name__)

# The parent sends it to a worker that is being replaced, which then ends its connections. It is a real-time signal, as
# no terminal sends one; terminals do send SIGWINCH.
REPLACED = signal.SIGRTMIN

_FOR_THE_PARENT = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2)


def leave_to_parent() -> None:
    """Let workers that are forked later have none of the parent's signal handlers, and ignore Ctrl-C in a terminal."""
    forks.call(_leave)


def end_with_parent(parent: int, *, graceful_timeout: float) -> None:
    """Stop this process, in order, when its parent is gone; kill it after ``graceful_timeout`` seconds."""
    threading.Thread(target=_watch, args=(parent, graceful_timeout), name="parent", daemon=True).start()


def _watch(parent: int, graceful_timeout: float) -> None:
    # Not PR_SET_PDEATHSIG: it follows the thread that forked, and comes too late for a parent that is dead already.
    while os.getppid() == parent:
        time.sleep(1)
    LOG.error("The parent process is gone; this process ends.")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(graceful_timeout)
    # Otherwise a client that stalls would keep this process, and with it the port, from the next service.
    os._exit(1)


def _leave() -> None:
    # A worker that is told to stop before it has set its own handlers would run its parent's. These only take a note in
    # the worker, so the parent would wait for it until the graceful timeout is over.
    for number in _FOR_THE_PARENT:
        signal.signal(number, signal.SIG_DFL)
    # A terminal sends SIGINT to the workers, too; granian's can hang when SIGTERM of their parent follows.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
