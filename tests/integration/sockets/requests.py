"""Rows about one request: its line, its headers, and the connection it comes on."""

from tests.integration.process import RunningServer
from tests.integration.sockets.table import row
from tests.integration.sockets.wire import BODY, PATH, TOO_LARGE, Client, head, post, said


@row("a correct request", gunicorn="201", granian="201")
def correct(server: RunningServer) -> str:
    return said(server, post())


@row(
    "a refusal of the engine's own", gunicorn="400 application/json", granian="400 None", because="granian has no body"
)
def refused_in_json(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        answer = client.send(head(Content_Length="-5")).read()
        return f"{answer.status} {answer.headers.get('content-type')}" if answer else "closed"


@row("a page of as many ids as the limits allow, all unknown", gunicorn="404", granian="404")
def page_of_ids(server: RunningServer) -> str:
    ids = "&".join(["ids=" + 30 * "0"] * 300)
    return said(server, head("GET", f"{PATH}?{ids}"))


@row(
    "a header line of 20,000 bytes",
    gunicorn="431",
    granian="201",
    because="granian limits the headers together, gunicorn each line to 8 KiB, too",
)
def long_header(server: RunningServer) -> str:
    return said(server, post(X_Long="x" * 20_000))


@row("headers of 60 KB in lines of 6 KB", gunicorn="201", granian="201")
def headers_that_fit(server: RunningServer) -> str:
    return said(server, post(**{f"X_{number}": "x" * 6000 for number in range(10)}))


@row("headers of 120 KB in lines of 6 KB", gunicorn="431", granian="431")
def headers_that_do_not_fit(server: RunningServer) -> str:
    return said(server, post(**{f"X_{number}": "x" * 6000 for number in range(20)}))


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


@row("Connection: close", gunicorn="201 closed", granian="201 closed")
def close(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(post(Connection="close"))
        return " ".join(client.outcome() for _ in range(2))


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


@row("two Host headers", gunicorn="400", granian="201", because="granian takes any number")
def two_hosts(server: RunningServer) -> str:
    return said(server, post().replace(b"Host: localhost", b"Host: localhost\r\nHost: other"))


@row("a space before the colon of a header", gunicorn="400", granian="400")
def spaced_name(server: RunningServer) -> str:
    return said(server, post().replace(b"Client-ID:", b"Client-ID :"))


@row("a header folded over two lines", gunicorn="400", granian="400")
def folded(server: RunningServer) -> str:
    return said(server, post().replace(b"X-Project-Id: ", b"X-Project-Id:\r\n "))


@row("an absolute address in the request line", gunicorn="201", granian="201")
def absolute(server: RunningServer) -> str:
    return said(server, post().replace(PATH.encode(), f"http://localhost{PATH}".encode(), 1))
