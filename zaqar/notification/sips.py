"""Sockets that take little at a time, so that a receiver that floods its sender holds up nobody else's deliveries."""

import socket
from typing import Any

MOST = 4096
"""Bytes: what a loop parses of one answer before it looks after all the others."""


class SippingSocket(socket.socket):
    """A socket of which each read takes ``MOST`` bytes at most."""

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read what is there, up to so much."""
        return super().recv(min(size, MOST), flags)

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Read what is there into a buffer, up to so much."""
        return super().recv_into(buffer, min(nbytes or memoryview(buffer).nbytes, MOST), flags)
