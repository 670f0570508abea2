"""The lock file by which the processes of a machine take turns at writing."""

import fcntl
import os
import time

from zaqar.errors import Unavailable
from zaqar.storage.sql.files import PRIVATE

POLL = 0.005
"""Seconds between attempts of who must not wait for ever."""


class Turn:
    """The lock on one file; one thread of a process at a time asks for it."""

    def __init__(self, path: str) -> None:
        self._path = f"{path}-lock"
        self._file: int | None = None

    def take_if_free(self) -> bool:
        """Take the turn unless another process has it; tell which. Raises ``OSError``."""
        try:
            fcntl.flock(self._opened(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def take(self) -> None:
        """Wait for the turn, in the order of asking. Raises ``OSError``."""
        fcntl.flock(self._opened(), fcntl.LOCK_EX)

    def take_within(self, seconds: float) -> None:
        """Wait for the turn so long at most. Raises ``Unavailable``."""
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
