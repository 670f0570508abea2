"""Going into the background (storage R9.1.2)."""

import os


def detach() -> None:
    """Go on in a process of its own session, with no terminal; the one that was started ends with 0."""
    _leave_parent(status_if_impossible=1)
    os.setsid()
    # A second time, so that the process leads no session and can never be given a terminal.
    _leave_parent(status_if_impossible=2)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)


def _leave_parent(*, status_if_impossible: int) -> None:
    try:
        child = os.fork()
    except OSError:
        os._exit(status_if_impossible)
    if child:
        os._exit(0)
