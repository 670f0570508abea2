"""The connections of a worker: which of them wait for their clients, and how much memory they take."""

import select
import threading
from collections.abc import Callable

from zaqar.engines.connection import Connection
from zaqar.engines.steps import Step

_EVENTS = {
    Step.READ: select.EPOLLIN | select.EPOLLONESHOT,
    Step.WRITE: select.EPOLLOUT | select.EPOLLONESHOT,
}


class Poller:
    """Waits for the clients of all connections at once.

    While a connection waits for its client, no thread owns it. When the client did something, the poller's thread owns
    it. The thread that served a request puts the connection back itself, without telling the poller's thread.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._others: dict[int, Callable[[], object]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of open connections, those included that are being served."""
        return len(self._connections)

    def watch(self, number: int, action: Callable[[], object]) -> None:
        """Call ``action`` whenever there is something to read from a file that is no connection."""
        self._others[number] = action
        self._epoll.register(number, select.EPOLLIN)

    def ignore(self, number: int) -> None:
        """Undo ``watch``."""
        del self._others[number]
        self._epoll.unregister(number)

    def add(self, connection: Connection) -> None:
        """Take a new connection, which waits for its client."""
        self._connections[connection.fileno] = connection
        connection.is_waiting = True
        self._epoll.register(connection.fileno, _EVENTS[Step.READ])

    def put_back(self, connection: Connection, step: Step) -> None:
        """Let the connection wait for its client again; the caller's thread must not touch it any more."""
        with self._lock:
            connection.is_waiting = True
            self._epoll.modify(connection.fileno, _EVENTS[step])

    def wait(self, seconds: float) -> list[Connection]:
        """Return the connections whose clients did something within so many seconds; the caller owns them now."""
        found = []
        for number, _ in self._epoll.poll(seconds):
            connection = self._connections.get(number)
            if connection is not None:
                connection.is_waiting = False
                found.append(connection)
            elif number in self._others:
                self._others[number]()
        return found

    def waiting(self) -> list[Connection]:
        """Return the connections that wait for their clients at this moment."""
        return [connection for connection in list(self._connections.values()) if connection.is_waiting]

    def take(self, connection: Connection) -> bool:
        """Make the caller, the poller's thread, own a waiting connection; return False where it waits no more."""
        with self._lock:
            taken, connection.is_waiting = connection.is_waiting, False
            return taken

    def give_back(self, connection: Connection) -> None:
        """Undo ``take`` where nothing was done with the connection."""
        connection.is_waiting = True

    def end(self, connection: Connection) -> None:
        """Close the connection, which belongs to the caller."""
        # Forget it before closing: the next connection may get the same file descriptor at once.
        self._connections.pop(connection.fileno, None)
        connection.close()

    def close(self) -> None:
        """Close all connections that are left."""
        for connection in list(self._connections.values()):
            self.end(connection)
        self._epoll.close()


class Memory:
    """Counts the bytes that are kept for clients: requests that are not whole, answers that are not taken."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._total = 0
        self._lock = threading.Lock()

    @property
    def is_full(self) -> bool:
        """Tell whether more bytes are kept than the bound allows."""
        return self._total > self._most

    def keep(self, connection: Connection, size: int) -> None:
        """Note that ``size`` bytes are kept for a connection from now on; the caller must own it."""
        if size != connection.held:
            with self._lock:
                self._total += size - connection.held
            connection.held = size
