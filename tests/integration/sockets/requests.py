"""Rows about one request: what the server makes of bytes that are late, wrong, too many or too few."""

import contextlib
import json
import socket
import time
from collections.abc import Iterator

from tests.integration.process import RunningServer, wait_until
from tests.integration.sockets.table import CLIENT_TIMEOUT, THREADS, row
from tests.integration.sockets.wire import BODY, PATH, TOO_LARGE, Client, chunk, head, post

WITHIN = CLIENT_TIMEOUT / 2
BEYOND = CLIENT_TIMEOUT * 2.5


def said(server: RunningServer, *parts: bytes, seconds: float = 5.0) -> str:
    """Send the parts on a connection of their own and return the outcome."""
    with Client(server.connect()) as client:
        return client.send(*parts).outcome(seconds=seconds)


def in_pieces(whole: bytes, *, count: int) -> Iterator[bytes]:
    size = -(-len(whole) // count)
    yield from (whole[start : start + size] for start in range(0, len(whole), size))


def trickled(server: RunningServer, whole: bytes, *, seconds: float) -> str:
    """Send the bytes in ten pieces over so many seconds and return the outcome."""
    with Client(server.connect()) as client:
        return client.send(*in_pieces(whole, count=10), pause=seconds / 10).outcome()


def answer_beside(server: RunningServer, started: bytes, *, clients: int = THREADS) -> str:
    """Let clients start a request and stall; return what another client's request gets meanwhile."""
    stalled = [Client(server.connect()).send(started) for _ in range(clients)]
    try:
        wait_until(lambda: all(server.has_taken(client.socket) for client in stalled), what="a hold on every client")
        return said(server, post(), seconds=CLIENT_TIMEOUT + 1.5)
    finally:
        for client in stalled:
            client.__exit__()


@row("a correct request", gunicorn="201", granian="201")
def correct(server: RunningServer) -> str:
    return said(server, post())


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


@row("a body announced as too large", gunicorn="400", granian="400")
def oversize(server: RunningServer) -> str:
    return said(server, head(Content_Length=TOO_LARGE), *in_pieces(b"x" * TOO_LARGE, count=20))


@row("a chunked body that is too large", gunicorn="400", granian="400")
def oversize_chunks(server: RunningServer) -> str:
    part = chunk(b"x" * 65536)
    return said(server, head(Transfer_Encoding="chunked"), *[part] * (TOO_LARGE // 65536), chunk(b""))


@row(
    "a body of 40 MiB",
    gunicorn="400",
    granian="400",
)
def far_oversize(server: RunningServer) -> str:
    size = 40 * 1024 * 1024
    with Client(server.connect()) as client:
        client.socket.sendall(head(Content_Length=size))
        for _ in range(size // 65536):
            client.socket.sendall(b"x" * 65536)  # a broken pipe is an error here
        return client.outcome()


@row(
    "a refusal of the engine's own", gunicorn="400 application/json", granian="400 None", because="granian has no body"
)
def refused_in_json(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        answer = client.send(head(Content_Length="-5")).read()
        return f"{answer.status} {answer.headers.get('content-type')}" if answer else "closed"


@row("a page of as many ids as the limits allow", gunicorn="200", granian="200")
def page_of_ids(server: RunningServer) -> str:
    ids = "&".join(["ids=" + 30 * "0"] * 300)
    return said(server, head("GET", f"{PATH}?{ids}"))


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
        return said(server, post(), seconds=CLIENT_TIMEOUT / 2)
    finally:
        for client in stalled:
            client.__exit__()


@row("a chunked body", gunicorn="201", granian="201")
def chunked(server: RunningServer) -> str:
    return said(server, head(Transfer_Encoding="chunked"), chunk(BODY[:40]), chunk(BODY[40:]), chunk(b""))


@row("a chunk of no size", gunicorn="400", granian="400")
def wrong_chunk(server: RunningServer) -> str:
    return said(server, head(Transfer_Encoding="chunked"), b"no number\r\n" + BODY)


@row("a body shorter than its Content-Length", gunicorn="400", granian="400")
def short_body(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return client.send(head(Content_Length=len(BODY)), BODY[:50]).half_close().outcome()


@row("a chunked body that ends within a chunk", gunicorn="400", granian="400")
def short_chunk(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return client.send(head(Transfer_Encoding="chunked"), chunk(BODY)[:-20]).half_close().outcome()


@row(
    "a chunked body without its last chunk",
    gunicorn="400",
    granian="201",
    because="granian reads a body that breaks off between two chunks as a whole one; JSON cut in two is still refused",
)
def short_chunks(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return client.send(head(Transfer_Encoding="chunked"), chunk(BODY)).half_close().outcome()


@row("no body where one is needed", gunicorn="400", granian="400")
def missing_body(server: RunningServer) -> str:
    return said(server, head())


@row("an empty body where one is needed", gunicorn="400", granian="400")
def empty_body(server: RunningServer) -> str:
    return said(server, head(Content_Length=0))


@row(
    "a header line of 20,000 bytes",
    gunicorn="431",
    granian="201",
    because="granian limits the headers to 400 KiB together, gunicorn each line to 8 KiB",
)
def long_header(server: RunningServer) -> str:
    return said(server, post(X_Long="x" * 20_000))


@row("headers of 2 MiB", gunicorn="431", granian="431")
def long_headers(server: RunningServer) -> str:
    return said(server, head(X_Long="x" * TOO_LARGE))


@row("300 headers", gunicorn="431", granian="431")
def many_headers(server: RunningServer) -> str:
    return said(server, post(**{f"X_{number}": "x" for number in range(300)}))


@row(
    "a request line of 20,000 bytes",
    gunicorn="400",
    granian="404",
    because="granian takes longer lines than gunicorn, and the service has no such resource",
)
def long_line(server: RunningServer) -> str:
    return said(server, head("GET", "/" + "x" * 20_000))


@row("two requests on one connection", gunicorn="201 201", granian="201 201")
def keep_alive(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return " ".join(client.send(post()).outcome() for _ in range(2))


@row("two requests at once on one connection", gunicorn="201 201", granian="201 201")
def pipelined(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(post() + post())
        return " ".join(client.outcome() for _ in range(2))


@row("a request after a refused body on one connection", gunicorn="400 201", granian="400 201")
def after_refusal(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return " ".join(client.send(request).outcome() for request in (post(b"{"), post()))


@row("Connection: close", gunicorn="201 closed", granian="201 closed")
def close(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(post(Connection="close"))
        return " ".join(client.outcome() for _ in range(2))


@row("Expect: 100-continue", gunicorn="100 201", granian="100 201")
def expect(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        first = client.send(head(Content_Length=len(BODY), Expect="100-continue")).outcome()
        return f"{first} {client.send(BODY).outcome()}"


@row("Expect: 100-continue for a body that is too large", gunicorn="400", granian="400")
def expect_oversize(server: RunningServer) -> str:
    return said(server, head(Content_Length=TOO_LARGE, Expect="100-continue"))


@row("an offer to upgrade to HTTP/2, as Java's client makes it", gunicorn="201 201", granian="201 201")
def offered_upgrade(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(post(Connection="Upgrade, HTTP2-Settings", Upgrade="h2c", HTTP2_Settings="AAMAAABk") + post())
        return " ".join(client.outcome() for _ in range(2))


@row("HTTP/1.0", gunicorn="201", granian="201")
def old_version(server: RunningServer) -> str:
    return said(server, post().replace(b"HTTP/1.1", b"HTTP/1.0"))


@row(
    "X_Project_Id for X-Project-Id",
    gunicorn="400",
    granian="201",
    because="granian maps both names to one; a proxy that sets identity headers must drop those with an underscore",
)
def underscore(server: RunningServer) -> str:
    return said(server, head(headers={"X_Project_Id": "sockets"}, Content_Length=len(BODY)) + BODY)


@row(
    "a project id that is not ASCII",
    gunicorn="201",
    granian="400",
    because="granian hands a header with such a byte on as an empty one",
)
def beyond_ascii(server: RunningServer) -> str:
    return said(server, head(headers={"X-Project-Id": "caf\xe9"}, Content_Length=len(BODY)) + BODY)


@row("no request at all", gunicorn="400", granian="400")
def garbage(server: RunningServer) -> str:
    return said(server, b"\x16\x03\x01 what is this\r\n\r\n")


@row("a TLS greeting on a plain port", gunicorn="400", granian="400")
def tls_greeting(server: RunningServer) -> str:
    return said(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(32, 64)) + b"\r\n\r\n")


@row(
    "Content-Length with Transfer-Encoding",
    gunicorn="400",
    granian="201",
    because="granian goes by Transfer-Encoding; a proxy in front must refuse such requests or do the same",
)
def two_lengths(server: RunningServer) -> str:
    request = head(Content_Length=len(BODY), Transfer_Encoding="chunked")
    return said(server, request, chunk(BODY), chunk(b""))


@row("chunks in HTTP/1.0", gunicorn="501", granian="400", because="each engine has its own word")
def old_chunks(server: RunningServer) -> str:
    request = head(Transfer_Encoding="chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
    return said(server, request, chunk(BODY), chunk(b""))


@row(
    "another transfer coding before the chunks", gunicorn="501", granian="201", because="granian reads the last coding"
)
def stacked_codings(server: RunningServer) -> str:
    return said(server, head(Transfer_Encoding="gzip, chunked"), chunk(BODY), chunk(b""))


@row("two Host headers", gunicorn="400", granian="201", because="granian takes any number")
def two_hosts(server: RunningServer) -> str:
    return said(server, post().replace(b"Host: localhost", b"Host: localhost\r\nHost: other"))


@row("two different Content-Lengths", gunicorn="400", granian="400")
def differing_lengths(server: RunningServer) -> str:
    doubled = head(Content_Length=len(BODY)).replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n")
    return said(server, doubled + BODY)


@row("a Content-Length that is no number", gunicorn="400", granian="400")
def wrong_length(server: RunningServer) -> str:
    return said(server, head(Content_Length="-5"))


@row("a space before the colon of a header", gunicorn="400", granian="400")
def spaced_name(server: RunningServer) -> str:
    return said(server, post().replace(b"Client-ID:", b"Client-ID :"))


@row("a header folded over two lines", gunicorn="400", granian="400")
def folded(server: RunningServer) -> str:
    return said(server, post().replace(b"X-Project-Id: ", b"X-Project-Id:\r\n "))


@row("an absolute address in the request line", gunicorn="201", granian="201")
def absolute(server: RunningServer) -> str:
    return said(server, post().replace(PATH.encode(), f"http://localhost{PATH}".encode(), 1))
