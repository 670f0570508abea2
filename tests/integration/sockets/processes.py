"""Rows about the server's processes: killed, stopped and reloaded while clients are at work."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.integration.process import RunningServer, wait_until
from tests.integration.sockets.table import row
from tests.integration.sockets.wire import BODY, Client, head, post

WORKERS = 2
SOON = 15.0
"""Seconds within which a server ends that waits for nobody: half of what it would wait for requests by default."""


def posted(server: RunningServer) -> str:
    try:
        with Client(server.connect()) as client:
            return client.send(post()).outcome()
    except ConnectionError:
        return "refused"


def new_workers(server: RunningServer, old: list[int]) -> list[int]:
    """Return the workers once none of the old ones is left and all new ones are there."""
    now = server.worker_pids()
    return now if len(now) == WORKERS and not set(now) & set(old) else []


def all_workers(server: RunningServer) -> list[int]:
    """Return the workers once each of them has served a request, as the access log tells."""

    def serving() -> list[int]:
        server.answers()
        pids, log = server.worker_pids(), server.log
        return pids if len(pids) == WORKERS and all(f" {pid} INFO zaqar.access " in log for pid in pids) else []

    return wait_until(serving, what="an answer from each of two workers")


@contextmanager
def request_in_flight(server: RunningServer) -> Iterator[Client]:
    """Send all of a request but the second half of its body."""
    with Client(server.connect()) as client:
        client.send(head(Content_Length=len(BODY)), BODY[:50])
        wait_until(lambda: server.has_taken(client.socket), what="the beginning of a request")
        yield client


class KeptConnection:
    """A client that keeps its connection until an answer says that it closes."""

    def __init__(self, server: RunningServer) -> None:
        self.client = Client(server.connect())

    def ask(self, server: RunningServer) -> str:
        """Post, and return the outcome."""
        answer = self.client.send(post()).read()
        if answer is not None and answer.headers.get("connection") == "close":
            self.client.__exit__()
            with suppress(ConnectionError):
                self.client = Client(server.connect())
        return str(answer.status) if answer else "closed"


@contextmanager
def kept_connections(server: RunningServer) -> Iterator[list[KeptConnection]]:
    """Open connections that have had an answer and are kept."""
    connections = [KeptConnection(server) for _ in range(8)]
    for connection in connections:
        connection.ask(server)
    try:
        yield connections
    finally:
        for connection in connections:
            connection.client.__exit__()


@contextmanager
def client_at_work(server: RunningServer) -> Iterator[list[str]]:
    """Post on one new connection after the other until the block ends; yields the outcomes so far."""
    outcomes: list[str] = []
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            outcomes.append(posted(server))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield outcomes
    finally:
        done.set()
        thread.join()


@row("kill -9 of a worker", gunicorn="201, new worker 201", granian="201, new worker 201", disturbs=True)
def killed_worker(server: RunningServer) -> str:
    killed, kept = all_workers(server)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in server.worker_pids(), what="the end of the worker")
    outcomes = {posted(server) for _ in range(20)}
    wait_until(lambda: kept in (pids := server.worker_pids()) and len(pids) == WORKERS, what="a new worker")
    outcomes_after = {posted(server) for _ in range(20)}
    return f"{'/'.join(outcomes)}, new worker {'/'.join(outcomes_after)}"


@row(
    "kill -9 of a worker and at once of its successor",
    gunicorn="201",
    granian="ended with status 1",
    because="granian takes two deaths within 5.5 s for a crash loop and ends; a supervisor must start it again",
    disturbs=True,
)
def killed_twice(server: RunningServer) -> str:
    killed, kept = all_workers(server)
    os.kill(killed, signal.SIGKILL)
    successors = wait_until(
        lambda: [pid for pid in server.worker_pids() if pid not in (killed, kept)], what="a successor"
    )
    os.kill(successors[0], signal.SIGKILL)
    wait_until(
        lambda: server.process.poll() is not None or new_workers(server, [killed, successors[0]]),
        what="the end of the server, or two workers",
    )
    return posted(server) if server.process.poll() is None else f"ended with status {server.process.returncode}"


@row("stop with a request in flight", gunicorn="201, status 0", granian="201, status 0", disturbs=True)
def stopped(server: RunningServer) -> str:
    all_workers(server)
    with request_in_flight(server) as client:
        server.signal(signal.SIGTERM)
        wait_until(lambda: len(server.worker_pids()) < WORKERS, what="the end of the worker without a request")
        return f"{client.send(BODY[50:]).outcome()}, status {server.process.wait(timeout=SOON)}"


@row("stop with an idle connection", gunicorn="status 0", granian="status 0", disturbs=True)
def stopped_while_idle(server: RunningServer) -> str:
    with Client(server.connect()) as client:
        client.send(post()).outcome()
        return f"status {server.stop(seconds=SOON)}"


@row("Ctrl-C", gunicorn="status 0, logged", granian="status 0, logged", disturbs=True)
def interrupted(server: RunningServer) -> str:
    all_workers(server)
    # A terminal sends it to the whole process group.
    os.killpg(server.process.pid, signal.SIGINT)
    status = server.process.wait(timeout=SOON)
    return f"status {status}, {'logged' if 'The service has stopped.' in server.log else 'silent'}"


@row("reload with a request in flight", gunicorn="201, then 201", granian="201, then 201", disturbs=True)
def reloaded(server: RunningServer) -> str:
    old = all_workers(server)
    with request_in_flight(server) as client:
        server.signal(signal.SIGHUP)
        wait_until(lambda: set(server.worker_pids()) - set(old), what="a new worker")
        outcome = client.send(BODY[50:]).outcome()
    wait_until(lambda: new_workers(server, old), what="new workers")
    return f"{outcome}, then {posted(server)}"


@row(
    "reload with a client at work",
    gunicorn="201",
    granian="201 or 201/closed",
    because="granian resets what a worker that stops has not accepted yet: 2 of 60,000 posts in 30 reloads",
    disturbs=True,
)
def reloaded_under_load(server: RunningServer) -> str:
    old = all_workers(server)
    with client_at_work(server) as outcomes:
        wait_until(lambda: len(outcomes) > 20, what="posts before the reload")
        server.signal(signal.SIGHUP)
        wait_until(lambda: new_workers(server, old), what="new workers")
        enough = len(outcomes) + 20
        wait_until(lambda: len(outcomes) > enough, what="posts after the reload")
    return "/".join(sorted(set(outcomes)))


@row("reload with connections that are kept", gunicorn="201, told", granian="201, told", disturbs=True)
def reloaded_beside_kept(server: RunningServer) -> str:
    old = all_workers(server)
    outcomes = set()
    with kept_connections(server) as clients:
        server.signal(signal.SIGHUP)
        while not new_workers(server, old):
            for client in clients:
                outcomes.add(client.ask(server))
    wait_until(lambda: "The configuration was reloaded" in server.log, what="a word about it")
    return f"{'/'.join(sorted(outcomes))}, told"


@row("stop with connections that are kept", gunicorn="201", granian="201", disturbs=True)
def stopped_beside_kept(server: RunningServer) -> str:
    all_workers(server)
    with kept_connections(server) as clients:
        server.signal(signal.SIGTERM)
        return "/".join(sorted({client.ask(server) for client in clients}))


@row("reload of a wrong configuration", gunicorn="201, refused", granian="201, refused", disturbs=True)
def reloaded_wrongly(server: RunningServer) -> str:
    old = all_workers(server)
    (server.folder / "zaqar.conf").write_text("[server]\nthreads = many\n")
    server.signal(signal.SIGHUP)
    wait_until(lambda: "The configuration is not reloaded" in server.log, what="a word about it")
    return f"{posted(server)}, {'refused' if server.worker_pids() == old else 'reloaded'}"
