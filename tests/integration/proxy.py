"""A connection in the middle that fails on command, for any protocol in which each request has an answer.

It sits between a driver and its server on the loopback, and counts what passes.
"""

import contextlib
import enum
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.integration.process import free_port

CHUNK = 1 << 16


class Fault(enum.Enum):
    """What happens to an exchange."""

    LOSE_REQUEST = "the connection ends before the server has seen the request"
    LOSE_ANSWER = "the connection ends after the server has answered and before the client reads it"
    HANG = "the request goes nowhere and the connection stays open"
    REFUSE = "the request goes nowhere, and an answer of the test comes back"
    REPLACE = "the server has answered, and an answer of the test comes back"


Answer = Callable[[bytes], bytes]
"""Makes an answer to a request."""


def _silence(request: bytes) -> bytes:
    return b""


@dataclass
class _Order:
    fault: Fault
    containing: bytes
    lacking: bytes
    left: int
    answer: Answer

    def is_about(self, request: bytes) -> bool:
        """Tell whether a request is one of those that are to fail."""
        return bool(self.left) and self.containing in request and (not self.lacking or self.lacking not in request)


class _Passage:
    """One connection of a client and the one to the server that belongs to it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.request = b""
        self.fault: Fault | None = None
        self.answer: Answer = _silence

    def end(self) -> None:
        for side in (self.client, self.server):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Proxy:
    """Pass everything on, save what an order says."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._passages: list[_Passage] = []
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self.exchanges = 0
        self.port = free_port()
        self._listener = self._listen(self.port)

    @property
    def open_connections(self) -> int:
        """Return how many connections of clients are open now."""
        with self._lock:
            return len(self._passages)

    @property
    def orders_left(self) -> int:
        """Return how many exchanges are still to fail."""
        with self._lock:
            return sum(order.left for order in self._orders)

    def fail(
        self,
        fault: Fault,
        *,
        containing: bytes = b"",
        lacking: bytes = b"",
        times: int = 1,
        answer: Answer = _silence,
    ) -> None:
        """Let the next exchanges whose request contains these bytes fail, exactly so many, on whatever connections."""
        with self._lock:
            self._orders.append(_Order(fault, containing, lacking, times, answer))

    def pass_on(self) -> None:
        """Forget the orders left, and take new connections again."""
        with self._lock:
            self._orders.clear()
        if self._listener.fileno() == -1:
            self._listener = self._listen(self.port)

    def refuse(self) -> None:
        """Refuse new connections; those that are open stay."""
        # Closing alone would leave the thread in accept, and with it the port open.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """End every open connection."""
        with self._lock:
            passages = list(self._passages)
        for passage in passages:
            passage.end()

    def close(self) -> None:
        """End everything."""
        self.refuse()
        self.cut()
        for thread in list(self._threads):
            thread.join(10)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self._start(self._accept, listener)
        return listener

    def _start(self, step, *arguments) -> None:
        thread = threading.Thread(target=step, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for side in (client, server):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            passage = _Passage(client, server)
            with self._lock:
                self.connections += 1
                self._passages.append(passage)
            self._start(self._carry, passage)

    def _carry(self, passage: _Passage) -> None:
        answers = threading.Thread(target=self._carry_answers, args=(passage,), daemon=True)
        answers.start()
        self._carry_requests(passage)
        passage.end()
        answers.join(10)
        with self._lock:
            self._passages.remove(passage)
        passage.close()

    def _carry_requests(self, passage: _Passage) -> None:
        with contextlib.suppress(OSError):
            while chunk := passage.client.recv(CHUNK):
                fault = self._note_request(passage, chunk)
                if fault is Fault.LOSE_REQUEST:
                    return
                if fault is Fault.REFUSE:
                    passage.client.sendall(passage.answer(self._note_answer(passage)[1]))
                elif fault is not Fault.HANG:
                    passage.server.sendall(chunk)

    def _carry_answers(self, passage: _Passage) -> None:
        with contextlib.suppress(OSError):
            while chunk := passage.server.recv(CHUNK):
                fault, request = self._note_answer(passage)
                if fault is Fault.LOSE_ANSWER:
                    break
                passage.client.sendall(passage.answer(request) if fault is Fault.REPLACE else chunk)
        passage.end()

    def _note_request(self, passage: _Passage, chunk: bytes) -> Fault | None:
        """Return what is to happen to the exchange, of which this is a part of the request."""
        with self._lock:
            self.exchanges += not passage.request
            passage.request += chunk
            if passage.fault is None:
                due = (order for order in self._orders if order.is_about(passage.request))
                if order := next(due, None):
                    order.left -= 1
                    passage.fault, passage.answer = order.fault, order.answer
            return passage.fault

    def _note_answer(self, passage: _Passage) -> tuple[Fault | None, bytes]:
        """Return what happens to the exchange, and the request; what is replaced is so once."""
        with self._lock:
            fault, request = passage.fault, passage.request
            passage.request = b""
            if fault in {Fault.REFUSE, Fault.REPLACE}:
                passage.fault = None
            return fault, request


@contextlib.contextmanager
def proxy_to(port: int, *, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Run a proxy before the server until the block ends."""
    proxy = Proxy(host, port)
    try:
        yield proxy
    finally:
        proxy.close()
