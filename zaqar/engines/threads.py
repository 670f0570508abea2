"""The threads of a worker that run the application."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable

from zaqar.engines.connection import Connection


class Threads:
    """At most so many threads, each started when it is needed first.

    Not the pool of the standard library: its futures cost a tenth of a request.
    """

    def __init__(self, most: int, serve: Callable[[Connection], None]) -> None:
        self._most = most
        self._serve = serve
        self._queue: queue.SimpleQueue[Connection | None] = queue.SimpleQueue()
        self._idle: deque[None] = deque()
        self._started: list[threading.Thread] = []

    def hand(self, connection: Connection) -> None:
        """Let a thread serve the connection, as soon as one is free. Only one thread may call this."""
        self._queue.put(connection)
        try:
            self._idle.pop()
        except IndexError:
            if len(self._started) < self._most:
                thread = threading.Thread(target=self._run, name=f"serve-{len(self._started)}", daemon=True)
                self._started.append(thread)
                thread.start()

    def stop(self, seconds: float) -> None:
        """End the threads, once they have served what they have; wait at most so long."""
        for _ in self._started:
            self._queue.put(None)
        deadline = time.monotonic() + seconds
        for thread in self._started:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (connection := self._queue.get()) is not None:
            self._serve(connection)
            self._idle.append(None)
