"""The reserve: a file that only takes room on the disk, so that messages can still be taken out when the disk is full.

Claiming, deleting and popping write, too. When the disk is full, the reserve is removed, and its room is the log's: the log is
brought into the database and written from its beginning again, after which deleting needs next to no room. While there is no
reserve, what adds data is refused, unless the database has enough free pages inside. A quota counts the reserve as used, too.
"""

import contextlib
import os
import time

from zaqar.storage.sql.sqlite.files import PRIVATE, reserve_path, spare_path

SIZE = 32 * 2**20
"""Bytes: a log of the usual length, as it goes into the file, and as much again for what comes next."""

LOG_ROOM = 8 * 2**20
"""Bytes of log that are taken from a full disk at once."""

FREE_PAGES = 1024
"""Free pages inside the file that must be left over when something is added without a reserve."""

INTERVAL = 1.0
"""Seconds between attempts to make the reserve anew."""


class Reserve:
    """The reserve of one database. Whoever calls has the turn to write."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._next_attempt = 0.0

    def make(self) -> bool:
        """Take the room from the disk, unless that failed a moment ago; tell whether the reserve is there."""
        if time.monotonic() < self._next_attempt:
            return False
        path = reserve_path(self._path)
        unfinished = f"{path}-unfinished"
        try:
            file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, PRIVATE)
            try:
                os.posix_fallocate(file, 0, SIZE)
            finally:
                os.close(file)
            os.rename(unfinished, path)  # noqa: PTH104 - whole or not there
            _remove(spare_path(self._path))
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(unfinished)  # noqa: PTH108
            self._next_attempt = time.monotonic() + INTERVAL
            return False
        return True

    def give_back(self) -> None:
        """Give the room back to the disk."""
        self._next_attempt = time.monotonic() + INTERVAL
        _remove(reserve_path(self._path))


def make_way(path: str) -> bool:
    """Give back the room that a log needs at a start; tell whether there was any to give."""
    return _remove(spare_path(path)) or _remove(reserve_path(path))


def widen_log(path: str) -> None:
    """Take room for the log from the disk before others take it, as far as there is some."""
    with contextlib.suppress(OSError):
        file = os.open(f"{os.path.realpath(path)}-wal", os.O_RDWR | os.O_CLOEXEC)
        try:
            os.posix_fallocate(file, 0, LOG_ROOM)
        finally:
            os.close(file)


def _remove(path: str) -> bool:
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return False
    return True
