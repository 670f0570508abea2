"""Rows about requests that are refused, or answered, before their body was read, by clients that send all of it first."""

from tests.integration.process import RunningServer
from tests.integration.sockets.table import row
from tests.integration.sockets.wire import CLIENT, PATH, Client, chunk, head

HUGE = 40 * 1024 * 1024
PART = b"x" * (1024 * 1024)


def sent(server: RunningServer, *parts: bytes) -> str:
    """Send every part as most clients do, which look for an answer only then, and return the outcome."""
    with Client(server.connect(seconds=20)) as client:
        try:
            for part in parts:
                client.socket.sendall(part)
        except ConnectionError:
            return "broken pipe"
        return client.outcome(seconds=20)


def with_huge_body(server: RunningServer, method: str, path: str, **more: str) -> str:
    """Send 40 MiB with their length."""
    beginning = head(method, path, Content_Length=HUGE, **more)
    return sent(server, beginning, *[PART] * (HUGE // len(PART)))


@row("a post of 40 MiB", gunicorn="400", granian="400")
def huge_post(server: RunningServer) -> str:
    return with_huge_body(server, "POST", PATH)


@row("a chunked post of 40 MiB", gunicorn="400", granian="400")
def huge_chunks(server: RunningServer) -> str:
    parts = [chunk(PART)] * (HUGE // len(PART))
    return sent(server, head(Transfer_Encoding="chunked"), *parts, chunk(b""))


@row("a patch of 40 MiB", gunicorn="400", granian="400")
def huge_patch(server: RunningServer) -> str:
    return with_huge_body(server, "PATCH", "/v2/queues/sockets")


@row("40 MiB to a path that does not exist", gunicorn="404", granian="404")
def huge_nowhere(server: RunningServer) -> str:
    return with_huge_body(server, "POST", "/nope")


@row("40 MiB with a method that the path does not have", gunicorn="405", granian="405")
def huge_method(server: RunningServer) -> str:
    return with_huge_body(server, "PUT", PATH)


@row("40 MiB from a client that does not take JSON", gunicorn="406", granian="406")
def huge_unacceptable(server: RunningServer) -> str:
    return with_huge_body(server, "POST", PATH, Accept="text/html")


@row("40 MiB from nobody", gunicorn="400", granian="400")
def huge_anonymous(server: RunningServer) -> str:
    beginning = head(headers={}, Content_Length=HUGE).replace(f"Client-ID: {CLIENT['Client-ID']}\r\n".encode(), b"")
    return sent(server, beginning, *[PART] * (HUGE // len(PART)))


@row("40 MiB with a reading request", gunicorn="200", granian="200")
def huge_get(server: RunningServer) -> str:
    return with_huge_body(server, "GET", "/v2/queues/sockets")


@row("40 MiB as a form", gunicorn="400", granian="400")
def huge_form(server: RunningServer) -> str:
    beginning = head(Content_Length=HUGE).replace(b"application/json", b"application/x-www-form-urlencoded")
    return sent(server, beginning, *[PART] * (HUGE // len(PART)))
