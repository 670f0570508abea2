"""The lock file by which the processes of a machine take turns at writing."""

import ctypes
import errno
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable

from zaqar.errors import Unavailable
from zaqar.storage.sql.sqlite.files import PRIVATE

POLL = 0.005
"""Seconds between the attempts of a thread that waits for a limited time."""

# Python's own flock goes on waiting after a signal; this one returns.
_flock = ctypes.CDLL(None, use_errno=True).flock
_flock.argtypes = (ctypes.c_int, ctypes.c_int)
_flock.restype = ctypes.c_int

# By default the kernel drops it: where no handler can be set, it does no harm, and ends no wait.
_INTERRUPTION = signal.SIGURG


class Turn:
    """The lock on one file beside the database, ``-lock`` for writing; one thread at a time asks an instance for it."""

    def __init__(self, path: str, ending: str = "-lock") -> None:
        self._path = f"{path}{ending}"
        self._file: int | None = None

    def take_if_free(self) -> bool:
        """Take the turn unless another process has it; tell which. Raises ``OSError``."""
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take(self, goes_on: Callable[[], bool]) -> None:
        """Wait for the turn, however long that takes; the kernel wakes the thread when it has it.

        ``interrupt`` wakes the thread, which then waits on if ``goes_on()`` says so, and else raises ``Unavailable``. Raises
        ``OSError``, too.
        """
        while _flock(self._opened(), fcntl.LOCK_EX) != 0:
            number = ctypes.get_errno()
            if number != errno.EINTR:
                raise OSError(number, os.strerror(number))
            if not goes_on():
                raise Unavailable(f"Another process holds {self._path}.")

    def take_within(self, seconds: float) -> None:
        """Wait for the turn, ``seconds`` at most. Raises ``Unavailable`` when they are over, and ``OSError``."""
        deadline = time.monotonic() + seconds
        while not self.take_if_free():
            if time.monotonic() > deadline:
                raise Unavailable(f"another process has held {self._path} for {seconds:.0f} seconds")
            time.sleep(POLL)

    def give(self) -> None:
        """End the turn."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the file; with it the turn ends."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
        return self._file


def allow_interruption() -> None:
    """Let ``interrupt`` work in this process. Only the main thread may set handlers of signals: elsewhere nothing happens."""
    if threading.current_thread() is threading.main_thread() and signal.getsignal(_INTERRUPTION) is signal.SIG_DFL:
        signal.signal(_INTERRUPTION, lambda _number, _frame: None)


def interrupt(thread: int) -> None:
    """Wake a thread that waits in ``take``, so that it asks whether to go on."""
    signal.pthread_kill(thread, _INTERRUPTION)
