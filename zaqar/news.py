"""News: one process tells the others on its host, by Unix datagrams, that a queue has something to deliver.

Each process that waits has a socket in a directory that they share; a process with news sends them to every socket
there. Lost news only cost time, as each process that waits also looks into the stores at intervals.
"""

import contextlib
import hashlib
import os
import secrets
import select
import socket
import stat
import tempfile
import time
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from zaqar import forks
from zaqar.errors import ConfigurationError
from zaqar.models import Kind, QueueKey

LOOK_AGAIN = 1.0
"""Seconds after which a process reads the directory again to learn which sockets there are."""
MOST_UNSENT = 100
"""Queues whose news did not go out and are told with the next."""
LONGEST = 4096
"""Bytes of a datagram: names of a project and a queue."""
_DIGITS = 16


class _Told(NamedTuple):
    project: str
    name: str
    kind: Kind
    is_change: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Told).decode


class News(Protocol):
    """Sends news; its methods never raise and never wait."""

    def tell(self, queue: QueueKey) -> None:
        """Say that the queue has something to deliver."""
        ...

    def tell_change(self, queue: QueueKey) -> None:
        """Say that the subscriptions to the queue have changed, or that a redrive of it was begun."""
        ...


class NoNews:
    """Nobody waits."""

    def tell(self, queue: QueueKey) -> None:
        """Say it to nobody."""

    def tell_change(self, queue: QueueKey) -> None:
        """Say it to nobody."""


class HostNews:
    """Tells everybody on this host who waits in the directory. For any number of threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket: socket.socket | None = None
        self.forget_parent()
        forks.tell(self)

    def forget_parent(self) -> None:
        """Have a socket of its own in each process."""
        self.close()
        self._boxes: list[str] = []
        self._looks_at = 0.0
        self._unsent: set[_Told] = set()

    def tell(self, queue: QueueKey) -> None:
        """Send the news; what a full socket does not take goes out with the next."""
        self._tell(_Told(*queue))

    def tell_change(self, queue: QueueKey) -> None:
        """Send the news likewise."""
        self._tell(_Told(*queue, is_change=True))

    def _tell(self, news: _Told) -> None:
        now = time.monotonic()
        if now >= self._looks_at:
            self._looks_at = now + LOOK_AGAIN
            self._boxes = _boxes_in(self._directory)
        if not self._boxes:
            return
        unsent, self._unsent = self._unsent, set()
        for each in {news, *unsent}:
            if not self._send(_encode(each)) and len(self._unsent) < MOST_UNSENT:
                self._unsent.add(each)

    def close(self) -> None:
        """Let go of the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, text: bytes) -> bool:
        """Send to every socket in the directory; return False where one was full."""
        if self._socket is None:
            opened = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            opened.setblocking(False)
            self._socket = opened
        is_sent = True
        for box in self._boxes:
            try:
                self._socket.sendto(text, box)
            except BlockingIOError:
                is_sent = False
            except OSError:  # gone, or left behind by a process that was killed
                self._looks_at = 0.0
        return is_sent


class Box:
    """Where one process waits for news; its socket is readable when there are some."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open()

    def wait(self, seconds: float) -> dict[QueueKey, bool]:
        """Return the queues of which there are news, as soon as there are some; none when the time is over.

        With each goes whether its subscriptions have changed.

        Where somebody removed the directory or the socket, another takes its place. Raises ``ConfigurationError`` where that
        cannot be.
        """
        if not self._path.is_socket():
            self._socket.close()
            self._open()
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        poll.poll(seconds * 1000)
        return self.read()

    def read(self) -> dict[QueueKey, bool]:
        """Return the same without waiting."""
        found: dict[QueueKey, bool] = {}
        with contextlib.suppress(BlockingIOError):
            while True:
                text = self._socket.recv(LONGEST)
                with contextlib.suppress(msgspec.DecodeError):
                    news = _decode(text)
                    queue = QueueKey(news.project, news.name, news.kind)
                    found[queue] = found.get(queue, False) or news.is_change
        return found

    def close(self) -> None:
        """Close the socket and remove it from the directory."""
        self._socket.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _open(self) -> None:
        _own(self._directory)
        for path in _boxes_in(self._directory):
            _remove_if_left_behind(path)
        self._path = self._directory / secrets.token_hex(4)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind(str(self._path))
        except OSError as error:  # a path that is too long has no number
            self._socket.close()
            raise _unusable(self._directory, error) from error


def directory_of(place: str, *, below: str | None) -> Path:
    """Return the directory of those who share the data at a place; ``below``: where it lies, None for the usual place."""
    usual = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"zaqar-{os.getuid()}"
    return (Path(below) if below else usual) / hashlib.sha256(place.encode()).hexdigest()[:_DIGITS]


def _own(directory: Path) -> None:
    """Make the directory this user's alone. Raises ``ConfigurationError``."""
    try:
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.mkdir(mode=0o700, exist_ok=True)
        for path in (directory.parent, directory):
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                raise ConfigurationError(f"{path} belongs to somebody else: set [notification] news_directory.")
        directory.chmod(0o700)
    except OSError as error:
        raise _unusable(directory, error) from error


def _unusable(directory: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"News cannot be told in {directory} ({error.strerror or error}): set [notification] news_directory."
    )


def _boxes_in(directory: Path) -> list[str]:
    try:
        if directory.lstat().st_uid != os.getuid():
            return []
        return [entry.path for entry in os.scandir(directory)]
    except OSError:
        return []


def _remove_if_left_behind(path: str) -> None:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            Path(path).unlink(missing_ok=True)
