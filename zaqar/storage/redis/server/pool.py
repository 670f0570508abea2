"""A bounded stack of connections: the one used last is taken first, so that few are open."""

import contextlib
import threading
import time
from collections.abc import Callable

from redis.connection import AbstractConnection
from redis.exceptions import RedisError

from zaqar.errors import Unavailable


class Pool:
    """At most ``most`` connections at a time; a thread that finds none waits up to ``patience`` seconds."""

    def __init__(self, connect: Callable[[], AbstractConnection], *, most: int, patience: float) -> None:
        self._connect = connect
        self._most = most
        self._patience = patience
        self.idle: list[AbstractConnection] = []
        """Those that nobody uses, the one used last at the end; any thread takes one out at any time."""
        self._open = 0
        self._waiting = 0
        self._returned = threading.Condition()

    def take(self, *, is_careful: bool = False) -> AbstractConnection:
        """Return a connected connection; ``is_careful``: surely not one that the server has closed meanwhile.

        Raises redis-py's errors when it cannot connect, and ``Unavailable`` when all are in use for too long.
        """
        while True:
            try:
                connection = self.idle.pop()
            except IndexError:
                taken = self._wait()
                if taken is None:
                    return self._new()
                connection = taken
            if not is_careful or _is_usable(connection):
                return connection
            self.drop(connection)

    def give(self, connection: AbstractConnection) -> None:
        """Take back a connection that works."""
        self.idle.append(connection)
        if self._waiting:
            with self._returned:
                self._returned.notify()

    def drop(self, connection: AbstractConnection) -> None:
        """Close a connection for good."""
        connection.disconnect()
        self._leave()

    def close(self) -> None:
        """Close the connections that are idle."""
        try:
            while True:
                self.drop(self.idle.pop())
        except IndexError:
            return

    def _wait(self) -> AbstractConnection | None:
        """Return a connection given back, or None when there is room for a new one."""
        ends = time.monotonic() + self._patience
        with self._returned:
            self._waiting += 1
            try:
                while True:
                    with contextlib.suppress(IndexError):  # to look first would not do: others take without the lock
                        return self.idle.pop()
                    if self._open < self._most:
                        self._open += 1
                        return None
                    # A thread that came later may have taken what this one was woken for: the time goes on.
                    if not self._returned.wait(max(ends - time.monotonic(), 0)):
                        raise Unavailable("The store is busy: every connection to it is in use.")
            finally:
                self._waiting -= 1

    def _new(self) -> AbstractConnection:
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self._leave)
            connection = self._connect()
            connection.connect()
            on_failure.pop_all()
        return connection

    def _leave(self) -> None:
        with self._returned:
            self._open -= 1
            self._returned.notify()


def _is_usable(connection: AbstractConnection) -> bool:
    """Tell whether the server has neither closed the connection nor said anything on it."""
    try:
        return not connection.can_read(timeout=0)
    except RedisError:
        return False
