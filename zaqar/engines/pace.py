"""How long a client may take: as long as it makes progress, and enough of it."""

import fcntl
import struct
import termios
import time

# A client that is slower than this in all, in bytes a second, loses its connection like one that stalls.
LEAST_RATE = 1024


class Pace:
    """What a client has sent and taken since its request or its answer began, and when it has to have done more.

    ``due`` is on the monotonic clock. Nothing is computed for a client that is quick.
    """

    def __init__(self, number: int, seconds: float) -> None:
        self.due = time.monotonic() + seconds
        self.received = 0
        self.sent = 0
        self._number = number
        self._seconds = seconds
        self._began = 0.0
        self._moved = 0

    def begin(self) -> None:
        """Count from now on."""
        self._began = time.monotonic()
        self.due = self._began + self._seconds
        self.received = 0
        self.sent = 0
        self._moved = 0

    def allow(self, seconds: float) -> None:
        """Let the client be quiet for so long."""
        self.due = time.monotonic() + seconds

    def note(self) -> None:
        """Remember how much the client's side has taken so far, at the first time it did not take everything."""
        if not self._moved:
            self._moved = self.taken()

    def renew(self, now: float, moved: int, *, quiet: float | None = None, most: float | None = None) -> bool:
        """Give more time if there was progress since it was asked last, and enough in all; tell whether there is more.

        ``quiet`` and ``most`` bound what an end may take in place of the usual.
        """
        if moved <= self._moved:
            return False
        self._moved = moved
        limit = self._seconds + moved / LEAST_RATE if most is None else most
        self.due = min(now + (self._seconds if quiet is None else quiet), self._began + limit)
        return self.due > now

    def taken(self) -> int:
        """Return the bytes sent that the client's side has acknowledged."""
        return self.sent - self.unread()

    def unread(self) -> int:
        """Return the bytes sent that the client's side has not acknowledged."""
        try:
            return int(struct.unpack("i", fcntl.ioctl(self._number, termios.TIOCOUTQ, b"\0" * 4))[0])
        except OSError:
            return 0
