"""What programs that the service starts must not inherit of it.

They are started with ``os.posix_spawn``, not by ``subprocess``: that waits for the end of a pipe, which a process that is forked
meanwhile, such as a worker, would keep open.
"""

import os

LAST_STANDARD = 2
"""The descriptor of the standard error."""

FileActions = list[tuple[int, int]]


def closing_inherited() -> FileActions:
    """Return what closes all that a program would inherit, such as sockets that a service listens on."""
    found = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208  # names are all that is wanted
    return [(os.POSIX_SPAWN_CLOSE, number) for number in found if number > LAST_STANDARD and _is_inherited(number)]


def _is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # closed since
        return False
