"""How many files and connections a process may have open."""

import contextlib
import resource
from pathlib import Path

# Most connections of a worker: more of them cost memory and serve nobody faster.
MOST_CONNECTIONS = 10_000
# Files that one thread may open in the stores: a database with its log and index, or connections to several servers.
FILES_OF_A_THREAD = 8
SPARE_FILES = 16
LEAST_CONNECTIONS = 16


def raise_limit() -> None:
    """Raise the soft limit of open files to the hard one, for this process and its children."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def room(threads: int) -> int:
    """Return how many connections this process may have so that its threads can still open the files of the stores."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if most == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    left = most - _open_files() - FILES_OF_A_THREAD * threads - SPARE_FILES
    return min(MOST_CONNECTIONS, max(LEAST_CONNECTIONS, left))


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
