"""A bare receiver of webhooks: answers each request with 200 over a connection that is kept, and counts.

Run by hand or by ``drain``: ``python -m tests.benchmarks.receiver PORT``. It prints a line of JSON for each line on its
standard input: how many requests there were, when the first and the last of them came, and how many ids were new.
"""

# ruff: noqa: T201 - it prints: that is its answer

import asyncio
import json
import re
import sys
import time

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ID = re.compile(rb"\r\nwebhook-id: *(\S+)", re.IGNORECASE)
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Counter:
    """What came since the last question; the path tells subscribers apart."""

    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.reset()

    def reset(self) -> None:
        self.count, self.first, self.last = 0, 0.0, 0.0
        self.latencies: list[float] = []

    def add(self, head: bytes, body: bytes) -> None:
        now = time.time()
        self.count += 1
        self.first = self.first or now
        self.last = now
        found = _ID.search(head)
        self.ids.add(head[: head.index(b" HTTP")] + (found[1] if found else b""))
        if (at := body.find(b'"sent": ')) >= 0:
            self.latencies.append(now - float(body[at + 8 : body.index(b"}", at)]))

    def report(self) -> str:
        latencies = sorted(self.latencies)
        said = {
            "count": self.count,
            "distinct": len(self.ids),
            "first": self.first,
            "last": self.last,
            "p50": latencies[len(latencies) // 2] if latencies else None,
            "p99": latencies[int(len(latencies) * 0.99)] if latencies else None,
        }
        self.reset()
        return json.dumps(said)


class Receiver(asyncio.Protocol):
    """One connection."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = _LENGTH.search(head)
            total = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < total:
                return
            self._counter.add(head, self._buffer[end + 4 : total])
            self._buffer = self._buffer[total:]
            self._transport.write(_ANSWER)


async def _serve(port: int) -> None:
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Receiver(counter), "127.0.0.1", port, backlog=1000)
    over = asyncio.Event()

    def answer() -> None:
        if sys.stdin.readline():
            print(counter.report(), flush=True)
        else:
            over.set()

    loop.add_reader(sys.stdin, answer)
    print("ready", flush=True)
    await over.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
