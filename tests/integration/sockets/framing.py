"""Rows about where a body begins and ends: lengths, chunks, and requests that say neither or both."""

from tests.integration.process import RunningServer
from tests.integration.sockets.table import row
from tests.integration.sockets.wire import BODY, TOO_LARGE, Client, chunk, head, in_pieces, post, said


@row("a body announced as too large", gunicorn="400", granian="400")
def oversize(server: RunningServer) -> str:
    return said(server, head(Content_Length=TOO_LARGE), *in_pieces(b"x" * TOO_LARGE, count=20))


@row("a chunked body that is too large", gunicorn="400", granian="400")
def oversize_chunks(server: RunningServer) -> str:
    part = chunk(b"x" * 65536)
    return said(server, head(Transfer_Encoding="chunked"), *[part] * (TOO_LARGE // 65536), chunk(b""))


@row("a chunked body", gunicorn="201", granian="201")
def chunked(server: RunningServer) -> str:
    return said(server, head(Transfer_Encoding="chunked"), chunk(BODY[:40]), chunk(BODY[40:]), chunk(b""))


@row(
    "an empty chunked body where none is needed",
    gunicorn="204",
    granian="400",
    because="granian reads a body that breaks off before its first chunk as an empty one, which could mean everything",
)
def empty_chunks(server: RunningServer) -> str:
    return said(server, head(path="/v2/queues/sockets/purge", Transfer_Encoding="chunked"), chunk(b""))


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


@row("Expect: 100-continue", gunicorn="100 201", granian="100 201")
def expect(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        first = client.send(head(Content_Length=len(BODY), Expect="100-continue")).outcome()
        return f"{first} {client.send(BODY).outcome()}"


@row("Expect: 100-continue for a body that is too large", gunicorn="400", granian="400")
def expect_oversize(server: RunningServer) -> str:
    return said(server, head(Content_Length=TOO_LARGE, Expect="100-continue"))


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


@row("two different Content-Lengths", gunicorn="400", granian="400")
def differing_lengths(server: RunningServer) -> str:
    doubled = head(Content_Length=len(BODY)).replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\n")
    return said(server, doubled + BODY)


@row("a Content-Length that is no number", gunicorn="400", granian="400")
def wrong_length(server: RunningServer) -> str:
    return said(server, head(Content_Length="-5"))


@row("a request after a refused body on one connection", gunicorn="400 201", granian="400 201")
def after_refusal(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        return " ".join(client.send(request).outcome() for request in (post(b"{"), post()))
