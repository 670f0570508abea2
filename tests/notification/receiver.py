"""A receiver of webhooks that can misbehave, on a port of its own."""

import asyncio
import collections
import contextlib
import dataclasses
import json
import socket
import ssl
import struct
import threading


@dataclasses.dataclass
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self):
        return json.loads(self.body)


def status(code, *, headers="", body=b"", closes=False):
    """Answer with a status; with ``closes`` the connection is closed without a word of it in the answer."""

    async def behave(_, writer):
        head = f"HTTP/1.1 {code} Reason\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        return not closes

    return behave


def raw(text):
    """Answer with these bytes and close."""

    async def behave(_, writer):
        writer.write(text)
        await writer.drain()
        return False

    return behave


async def hang(receiver, _):
    """Never answer."""
    await receiver.closing.wait()
    return False


async def drip(receiver, writer):
    """Say that all is well, then never come to an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not receiver.closing.is_set():
        writer.write(b"x")
        await writer.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(receiver.closing.wait(), 0.02)
    return False


async def drip_headers(receiver, writer):
    """Never come to the end of the headers."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    await writer.drain()
    return await hang(receiver, writer)


async def reset(_, writer):
    """Reset the connection."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


class Receiver:
    """Serves in a thread; ``behaves`` chooses, for each request, what is done, by default a 200."""

    def __init__(self, behaves=lambda received: status(200), *, tls: ssl.SSLContext | None = None):
        self.behaves = behaves
        self.received: list[Received] = []
        self.connections = 0
        self._changed = threading.Condition()
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self):
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self.closing.set)
        self._thread.join(10)

    def url(self, path="/hook", host="127.0.0.1"):
        """Return where it is reached."""
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def wait_for(self, count, *, seconds=20):
        """Wait until so many requests came, and return them."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= count, seconds):
                raise AssertionError(f"only {len(self.received)} of {count} requests came")
            return list(self.received)

    def wait_until(self, holds, *, seconds=20):
        """Wait until something holds of what came."""
        with self._changed:
            if not self._changed.wait_for(lambda: holds(self.received), seconds):
                raise AssertionError(f"it does not hold of the {len(self.received)} requests that came")

    def counted(self):
        """Return how often each message came, by its id."""
        with self._changed:
            return collections.Counter(one.headers["webhook-id"] for one in self.received)

    async def _serve(self):
        self._loop = asyncio.get_running_loop()
        self.closing = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, ssl=self._tls, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self.closing.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connected(self, reader, writer):
        self.connections += 1
        number = self.connections
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while await self._answer(reader, writer, number):
                pass
        writer.close()

    async def _answer(self, reader, writer, number):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        received = Received(head[0].split(" ")[1], headers, body, number)
        with self._changed:
            self.received.append(received)
            behave = self.behaves(received)
            self._changed.notify_all()
        return await behave(self, writer)
