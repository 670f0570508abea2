"""A bare mail server: takes whatever it is told, and counts.

Run by ``mail``: ``python -m tests.benchmarks.mail_receiver PORT``. It prints a line of JSON for each line on its standard input:
how many mails there were since the last, how many were new, over how many connections, when the first and the last came, and the text of the
last.
"""

# ruff: noqa: T201 - it prints: that is its answer

import asyncio
import json
import re
import sys
import time

_ID = re.compile(rb"\r\nmessage-id: *(\S+)", re.IGNORECASE)
_OK = b"250 OK\r\n"


class Counter:
    """What came since the last question."""

    def __init__(self) -> None:
        self.ids: set[bytes] = set()
        self.reset()

    def reset(self) -> None:
        self.count, self.connections, self.first, self.last, self.content = 0, set[object](), 0.0, 0.0, b""
        self.ids.clear()

    def add(self, connection: object, content: bytes) -> None:
        now = time.time()
        self.count += 1
        self.connections.add(connection)
        self.first = self.first or now
        self.last, self.content = now, content
        found = _ID.search(content)
        self.ids.add(found[1] if found else b"")

    def report(self) -> str:
        said = {"count": self.count, "distinct": len(self.ids), "connections": len(self.connections)}
        said |= {"first": self.first, "last": self.last, "text": self.content.decode(errors="replace")}
        self.reset()
        return json.dumps(said)


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._buffer = b""
        self._is_in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n.\r\n" if self._is_in_mail else b"\r\n")
            if end < 0:
                return
            if self._is_in_mail:
                self._counter.add(self, self._buffer[:end])
                self._buffer, self._is_in_mail = self._buffer[end + 5 :], False
                self._transport.write(_OK)
            else:
                word, self._buffer = self._buffer[:4].upper(), self._buffer[end + 2 :]
                self._is_in_mail = word == b"DATA"
                self._transport.write(b"354 go on\r\n" if self._is_in_mail else _OK)


async def _serve(port: int) -> None:
    counter, loop = Counter(), asyncio.get_running_loop()
    async with await loop.create_server(lambda: Session(counter), "127.0.0.1", port):
        print("ready", flush=True)
        while await loop.run_in_executor(None, sys.stdin.readline):
            print(counter.report(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
