"""How long a client may take to send a request or to take an answer: as long as it keeps a least rate."""

import fcntl
import struct
import termios
import time

# Bytes a second. A client whose average is lower loses its connection, as does one that stalls.
LEAST_RATE = 1024


class Pace:
    """Counts the bytes that a client sent and took since its request or its answer began.

    ``due``: when it has to have sent or taken more, on the monotonic clock. Only when that time has come is a rate
    computed, so a quick client costs nothing. ``number``: the socket's file descriptor; ``seconds``: how long a client
    may be quiet.
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
        """Begin to count at zero, as a request or an answer begins."""
        self._began = time.monotonic()
        self.due = self._began + self._seconds
        self.received = 0
        self.sent = 0
        self._moved = 0

    def allow(self, seconds: float) -> None:
        """Let the client be quiet for so many seconds from now."""
        self.due = time.monotonic() + seconds

    def note(self) -> None:
        """Remember how many bytes the client has taken, at the first time that the socket did not take all."""
        if not self._moved:
            self._moved = self.taken()

    def renew(self, now: float, moved: int, *, quiet: float | None = None, most: float | None = None) -> bool:
        """Set ``due`` anew if ``moved``, the bytes so far, has grown; return whether the client has more time.

        ``quiet``: seconds until the next bytes, and ``most``: seconds in all, where they are not the usual ones.
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
