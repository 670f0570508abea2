"""Measure what each operation costs when the queue is long, or has many neighbours.

Run by hand: ``python -m tests.benchmarks.depth``. One thread calls the application in this process, the scenes taken in
turn; what counts are the ratios to the empty queue, of medians within one run.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import gc
import statistics
import tempfile
import time
from collections import defaultdict, deque
from pathlib import Path

from tests.benchmarks.application import Answer, Application
from tests.benchmarks.scenes import QUEUE, SCENES, fill

LIMIT = 1.5
"""The ratio that is asked for, in a half-claimed queue and beside idle ones."""


class Client:
    """Calls every operation once per round, in a way that keeps the queue as it was."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self._path = f"/v2/queues/{QUEUE.name}"
        self._posted: deque[str] = deque(maxlen=12)
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def run_round(self) -> None:
        """Measure each operation."""
        for _ in range(2):  # as many as one round deletes and pops
            answer = self._measure("post 1", "POST", "/messages", body=_document(1))
            self._posted.append(answer.document["resources"][0].rpartition("/")[2])
        self._claim()
        self._measure("pop 1", "DELETE", "/messages", query="pop=1")
        self._measure("list 10 from the start", "GET", "/messages", query="echo=true&limit=10")
        if len(self._posted) == self._posted.maxlen:
            query = f"echo=true&limit=10&marker={self._posted[0]}"
            self._measure("list 10 at the end", "GET", "/messages", query=query)
        self._measure("stats", "GET", "/stats")
        self._call("list 10 queues", "GET", "/v2/queues", query="limit=10")

    def _claim(self) -> None:
        answer = self._measure("claim 10", "POST", "/claims", query="limit=10", body={"ttl": 300, "grace": 60})
        held = answer.document["messages"]
        assert len(held) == 10, answer
        claim = answer.location[answer.location.index(self._path) :]
        self._call("renew", "PATCH", claim, body={"ttl": 300, "grace": 60})
        path, _, query = held[0]["href"].partition("?")
        self._call("delete 1 claimed", "DELETE", path, query=query)
        self._call("release 9", "DELETE", claim)

    def _measure(self, name: str, method: str, path: str, *, query: str = "", body: object = None) -> Answer:
        return self._call(name, method, self._path + path, query=query, body=body)

    def _call(self, name: str, method: str, path: str, *, query: str = "", body: object = None) -> Answer:
        answer = self.application.call(method, path, query, body)
        assert 200 <= answer.status < 300, (name, answer)
        self.seconds[name].append(answer.seconds)
        return answer


def main() -> None:
    """Fill the scenes, measure and print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        clients = {}
        for name in ["empty", *(name for name in options.scenes if name != "empty")]:
            begin = time.perf_counter()
            application = Application(Path(folder, name))
            fill(application, name, depth=options.depth, idle=options.idle)
            clients[name] = Client(application)
            print(f"{name}: filled in {time.perf_counter() - begin:.1f} s", flush=True)
        _warm_up(clients)
        for _ in range(options.rounds):
            for client in clients.values():
                client.run_round()
        _print_table(clients)
        _print_left(clients)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.depth", description=__doc__)
    parser.add_argument("--depth", type=int, default=100_000, help="messages in a long queue")
    parser.add_argument("--idle", type=int, default=10_000, help="idle queues, each with a message")
    parser.add_argument("--rounds", type=int, default=60, help="calls of each operation in each scene")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    return parser.parse_args()


def _warm_up(clients: dict[str, Client]) -> None:
    for client in clients.values():
        for _ in range(7):
            client.run_round()
        client.seconds.clear()
    gc.collect()
    gc.freeze()


def _print_table(clients: dict[str, Client]) -> None:
    medians = {
        scene: {name: statistics.median(seconds) * 1e6 for name, seconds in client.seconds.items()}
        for scene, client in clients.items()
    }
    width = 24
    print("\nmedian in microseconds, and its ratio to the empty queue\n")
    print(" " * width + "".join(f"{scene:>20}" for scene in medians))
    for name, reference in medians["empty"].items():
        cells = (_cell(median[name], reference) for median in medians.values())
        print(f"{name:<{width}}" + "".join(cells))


def _cell(median: float, reference: float) -> str:
    ratio = median / reference
    return f"{median:11.0f} x{ratio:5.2f}{'  !' if ratio > LIMIT else '   '}"


def _print_left(clients: dict[str, Client]) -> None:
    """Show that the queue of expired messages still had some at the end."""
    if "expired" not in clients:
        return
    application = clients["expired"].application
    query = "SELECT count(*) FROM messages WHERE expires <= ?"
    left = application.database.read(
        lambda session: session.connection.execute(query, [application.clock.now()]).fetchone()
    )
    print(f"\nexpired messages left at the end: {left[0]}")


def _document(count: int) -> dict[str, list[dict[str, object]]]:
    return {"messages": [{"body": {"event": "backup", "number": number}, "ttl": 3600} for number in range(count)]}


if __name__ == "__main__":
    main()
