"""A receiver of webhooks that counts what comes, and answers as a test tells it to."""

import contextlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.integration.process import free_port


@dataclass(frozen=True)
class Delivery:
    """One request."""

    path: str
    id: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def document(self) -> Any:
        """Return what the body says."""
        return json.loads(self.body)


Answer = Callable[[Delivery], int]
"""Says with what status a delivery is answered; it may take its time."""


class Receiver:
    """Takes what is sent to any path below ``url``."""

    def __init__(self) -> None:
        self.port = free_port()
        self.deliveries: list[Delivery] = []
        self.answer: Answer = lambda _: 200
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Return where it is, or would be."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen."""
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def counts(self, path: str = "") -> Counter[str]:
        """Return how often each message came, by its ``webhook-id``."""
        return Counter(one.id for one in list(self.deliveries) if one.path.startswith(path))

    def bodies(self, path: str = "") -> list[Any]:
        """Return what the messages said, each once, in the order of their first coming."""
        first = {one.id: one for one in reversed(list(self.deliveries)) if one.path.startswith(path)}
        return [one.document["body"] for one in sorted(first.values(), key=lambda one: one.at)]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1000

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            delivery = Delivery(self.path, headers.get("webhook-id", ""), headers, body, time.monotonic())
            receiver.deliveries.append(delivery)
            self.send_response(receiver.answer(delivery))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Receive until the block ends."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()
