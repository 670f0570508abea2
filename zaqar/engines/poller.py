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
    """Waits for all clients at once.

    A connection belongs to the poller's thread from an event on, and to nobody while it waits. Any thread may put its
    connection back; so no request needs a word from one thread to the other at its end.
    """

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._others: dict[int, Callable[[], object]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return the number of open connections, also those that are being served."""
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
        """Return the connections whose clients did something, which belong to the caller from now on."""
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
        """Take a connection that waits, for the poller's thread; tell whether it still did."""
        with self._lock:
            taken, connection.is_waiting = connection.is_waiting, False
            return taken

    def give_back(self, connection: Connection) -> None:
        """Undo ``take``, of a connection to which nothing was done."""
        connection.is_waiting = True

    def end(self, connection: Connection) -> None:
        """Close the connection, which belongs to the caller."""
        # Forgotten first: the number may be that of the next connection at once.
        self._connections.pop(connection.fileno, None)
        connection.close()

    def close(self) -> None:
        """Close what is left."""
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
        """Tell whether there is more than there may be."""
        return self._total > self._most

    def keep(self, connection: Connection, size: int) -> None:
        """Say how much is kept for the connection from now on; the caller owns it."""
        if size != connection.held:
            with self._lock:
                self._total += size - connection.held
            connection.held = size
