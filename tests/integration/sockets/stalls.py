"""Rows about clients that are slow or stall, in what they send and in what they read, and about others beside them."""

import contextlib
import json
import socket
import time

from tests.integration.process import RunningServer, wait_until
from tests.integration.sockets.table import CLIENT_TIMEOUT, THREADS, row
from tests.integration.sockets.wire import BODY, Client, chunk, head, in_pieces, post, said

WITHIN = CLIENT_TIMEOUT / 2
BEYOND = CLIENT_TIMEOUT * 2.5


def trickled(server: RunningServer, whole: bytes, *, seconds: float) -> str:
    """Send the bytes in ten pieces over so many seconds and return the outcome."""
    with Client(server.connect()) as client:
        return client.send(*in_pieces(whole, count=10), pause=seconds / 10).outcome()


def answer_beside(server: RunningServer, started: bytes, *, clients: int = THREADS) -> str:
    """Let clients start a request and stall; return what another client's request gets meanwhile."""
    stalled = [Client(server.connect()).send(started) for _ in range(clients)]
    try:
        wait_until(lambda: server.has_taken(*(client.socket for client in stalled)), what="a hold on every client")
        return said(server, post(), seconds=CLIENT_TIMEOUT + 1.5)
    finally:
        for client in stalled:
            client.__exit__()


@row("slow headers, within the client timeout", gunicorn="201", granian="201")
def slow_headers(server: RunningServer) -> str:
    return trickled(server, post(), seconds=WITHIN)


@row(
    "headers that trickle in beyond the client timeout",
    gunicorn="408",
    granian="closed",
    because="granian closes the connection without a word",
)
def endless_headers(server: RunningServer) -> str:
    return trickled(server, head(Content_Length=len(BODY)), seconds=BEYOND)


@row("stalled headers", gunicorn="408", granian="closed", because="granian closes the connection without a word")
def stalled_headers(server: RunningServer) -> str:
    return said(server, head()[:30])


@row("a request beside as many stalled headers as there are threads", gunicorn="201", granian="201")
def beside_stalled_headers(server: RunningServer) -> str:
    return answer_beside(server, head()[:30])


@row("a request beside silent connections", gunicorn="201", granian="201")
def beside_silence(server: RunningServer) -> str:
    return answer_beside(server, b"", clients=4 * THREADS)


@row("a slow body, within the client timeout", gunicorn="201", granian="201")
def slow_body(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(head(Content_Length=len(BODY)))
        return client.send(*in_pieces(BODY, count=10), pause=WITHIN / 10).outcome()


@row(
    "a body that trickles in beyond the client timeout",
    gunicorn="400",
    granian="201",
    because="granian sets no limit on the reading of bodies",
)
def endless_body(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(head(Content_Length=len(BODY)))
        return client.send(*in_pieces(BODY, count=10), pause=BEYOND / 10).outcome()


@row(
    "a stalled body",
    gunicorn="400",
    granian="no answer",
    because="granian sets no limit on the reading of bodies",
)
def stalled_body(server: RunningServer) -> str:
    return said(server, head(Content_Length=len(BODY)), BODY[:10], seconds=CLIENT_TIMEOUT + 1.5)


@row(
    "a stalled chunked body",
    gunicorn="400",
    granian="no answer",
    because="granian sets no limit on the reading of bodies",
)
def stalled_chunks(server: RunningServer) -> str:
    return said(server, head(Transfer_Encoding="chunked"), chunk(BODY)[:20], seconds=CLIENT_TIMEOUT + 1.5)


@row(
    "a request beside as many stalled bodies as there are threads",
    gunicorn="201",
    granian="no answer",
    because="granian sets no limit on the reading of bodies: each holds a thread",
)
def beside_stalled_bodies(server: RunningServer) -> str:
    return answer_beside(server, head(Content_Length=len(BODY)) + BODY[:10])


@row("a request beside clients that do not read their answers", gunicorn="201", granian="201")
def beside_unread_answers(server: RunningServer) -> str:
    path = "/v2/queues/unread/messages"
    large = json.dumps({"messages": [{"ttl": 60, "body": "x" * 250_000}]}).encode()
    for _ in range(20):
        said(server, head(path=path, Content_Length=len(large)) + large)
    return answer_beside(server, head("GET", f"{path}?limit=20&echo=true"))


@row(
    "a request beside 64 clients with stalled headers and 64 with stalled bodies",
    gunicorn="201",
    granian="no answer",
    because="granian sets no limit on the reading of bodies: each holds a thread",
)
def beside_many(server: RunningServer) -> str:
    parts = [head()[:30], head(Content_Length=len(BODY)) + BODY[:10]]
    stalled = [Client(server.connect()).send(part) for part in parts for _ in range(64)]
    try:
        wait_until(lambda: server.has_taken(*(client.socket for client in stalled)), what="a hold on every client")
        return said(server, post(), seconds=CLIENT_TIMEOUT / 2)
    finally:
        for client in stalled:
            client.__exit__()


@row("an answer that is read slowly, without a pause", gunicorn="whole", granian="whole")
def slow_reader(server: RunningServer) -> str:
    path = "/v2/queues/slow/messages"
    large = json.dumps({"messages": [{"ttl": 60, "body": "x" * 250_000}]}).encode()
    for _ in range(12):
        said(server, head(path=path, Content_Length=len(large)) + large)
    with Client(server.connect()) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        client.send(head("GET", f"{path}?limit=12&echo=true"))
        deadline, got = time.monotonic() + 3 * CLIENT_TIMEOUT, 0
        while time.monotonic() < deadline and (part := client.socket.recv(20_000)):
            got += len(part)
            time.sleep(0.02)
        client.socket.settimeout(2)
        with contextlib.suppress(TimeoutError):
            while part := client.socket.recv(1024 * 1024):
                got += len(part)
    return "whole" if got > 12 * 250_000 else "cut off"
