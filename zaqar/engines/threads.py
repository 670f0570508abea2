"""The threads of a worker that run the application."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from zaqar.engines.connection import Connection


class Threads:
    """A pool of at most ``most`` threads, each started when there is work for it.

    It is not the standard library's: the futures of that one cost a tenth of a request's time.
    """

    def __init__(self, most: int, serve: Callable[[Connection], None]) -> None:
        self._most = most
        self._serve = serve
        self._queue: queue.SimpleQueue[Connection | None] = queue.SimpleQueue()
        self._idle: deque[None] = deque()
        self._started: list[threading.Thread] = []

    def hand(self, connection: Connection) -> None:
        """Let a thread serve the connection, as soon as one is free. Only the poller's thread may call this."""
        self._queue.put(connection)
        try:
            self._idle.pop()
        except IndexError:
            if len(self._started) < self._most:
                thread = threading.Thread(target=self._run, name=f"serve-{len(self._started)}", daemon=True)
                self._started.append(thread)
                thread.start()

    def stop(self, seconds: float) -> None:
        """End the threads after they have served what they were handed; wait at most so many seconds."""
        for _ in self._started:
            self._queue.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._started:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (connection := self._queue.get()) is not None:
            self._serve(connection)
            self._idle.append(None)
