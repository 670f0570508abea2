"""Measure deliveries: what a post costs beside subscribers, and how fast a backlog is delivered.

Run by hand: ``python -m tests.benchmarks.drain sqlite`` (or redis, or mongodb). A whole service runs on an empty store; its
notifier is stopped by a signal while posts are measured, and goes on to deliver to a receiver that only counts.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import contextlib
import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.receiving import Receiver
from tests.integration.mongo_servers import named_or_own_mongo
from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.redis_servers import named_or_own_redis
from tests.integration.rest import Service

NUMBERS = (0, 10, 1000)
"""Subscriptions of the queues that are posted to."""


class Bench:
    """A service, a receiver, and clients."""

    def __init__(self, server: RunningServer, receiver: Receiver, body: int) -> None:
        self.server, self.receiver = server, receiver
        self.body = {"text": "x" * body}
        (self.notifier,) = wait_until(server.notifier_pids, what="the notifier")

    def pause(self) -> None:
        """Let the notifier stand still, and not where it keeps others from the database."""
        with contextlib.closing(Service(self.server.url)) as service:
            while True:
                os.kill(self.notifier, signal.SIGSTOP)
                if service.call("PUT", f"/v2/queues/probe-{time.monotonic_ns()}")[0] == 201:
                    return
                self.resume()
                time.sleep(0.1)

    def resume(self) -> None:
        """Let it go on."""
        os.kill(self.notifier, signal.SIGCONT)

    def subscribe(self, queue: str, number: int, *, path: str = "") -> None:
        """Make so many subscriptions, to paths of their own."""
        with contextlib.closing(Service(self.server.url)) as service:
            assert service.call("PUT", f"/v2/queues/{queue}")[0] in (201, 204)
            for one in range(number):
                address = f"http://127.0.0.1:{self.receiver.port}/{queue}/{one}{path}"
                status, answer = service.call("POST", f"/v2/queues/{queue}/subscriptions", {"subscriber": address})
                assert status == 201, answer

    def post(self, queue: str, seconds: float, *, threads: int = 8, most: int = 10**9, rate: float = 0) -> float:
        """Post one by one with so many clients; return how many a second."""
        counts = [0] * threads
        ends = time.monotonic() + seconds

        def run(index: int) -> None:
            with contextlib.closing(Service(self.server.url)) as service:
                begin = time.monotonic()
                while time.monotonic() < ends and counts[index] * threads < most:
                    service.post(queue, [self.body | {"sent": time.time()}])
                    counts[index] += 1
                    if rate:
                        time.sleep(max(0.0, begin + counts[index] * threads / rate - time.monotonic()))

        begin = time.monotonic()
        running = [threading.Thread(target=run, args=(index,)) for index in range(threads)]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        return sum(counts) / (time.monotonic() - begin)

    def fill(self, queue: str, posts: int) -> None:
        """Post in pages of one message each, fast: each is a notice of its own."""
        self.post(queue, 600, most=posts)

    def drained(self, deliveries: int, *, seconds: float = 600) -> dict[str, Any]:
        """Wait until so many came; return what did."""
        total: dict[str, Any] = {"count": 0, "first": 0.0}
        ends = time.monotonic() + seconds
        while total["count"] < deliveries and time.monotonic() < ends:
            time.sleep(0.2)
            found = self.receiver.ask()
            total["count"] += found["count"]
            total["first"] = total["first"] or found["first"]
            total["last"] = found["last"] or total.get("last")
            total["p50"], total["p99"] = found["p50"], found["p99"]
        return total


def measure_posts(bench: Bench, rounds: int) -> None:
    """Compare posts to queues with and without subscribers, taken in turn, the notifier standing still."""
    for number in NUMBERS:
        bench.subscribe(f"posts-{number}", number)
    bench.pause()
    rates: dict[int, list[float]] = {number: [] for number in NUMBERS}
    for one in range(rounds):
        for number in NUMBERS if one % 2 else NUMBERS[::-1]:
            rates[number].append(bench.post(f"posts-{number}", 1))
    _print_ratios("posts/s, notifier stopped", rates)
    bench.resume()
    with contextlib.closing(Service(bench.server.url)) as service:
        for number in NUMBERS:
            service.call("POST", f"/v2/queues/posts-{number}/purge", {"resource_types": ["subscriptions"]})
    time.sleep(5)


def measure_drain(bench: Bench, backlog: int, subscriptions: int) -> float:
    """Deliver a backlog; return deliveries a second."""
    queue = f"drain-{backlog}-{subscriptions}"
    bench.subscribe(queue, subscriptions)
    bench.pause()
    bench.fill(queue, backlog // subscriptions)
    bench.receiver.ask()
    bench.resume()
    found = bench.drained(backlog)
    rate = float(found["count"] / (found["last"] - found["first"]))
    print(
        f"backlog {backlog} for {subscriptions} subscriptions: {rate:.0f} deliveries/s ({found['count']})", flush=True
    )
    return rate


def measure_latency(bench: Bench, rate: float, seconds: float) -> None:
    """Deliver what is posted at a steady rate."""
    bench.subscribe("steady", 1)
    time.sleep(3)  # the notifier has begun, and everybody knows of it
    bench.receiver.ask()
    reached = bench.post("steady", seconds, threads=4, rate=rate)
    found = bench.drained(int(reached * seconds * 0.99), seconds=10)
    print(f"at {reached:.0f} posts/s: p50 {found['p50'] * 1000:.1f} ms, p99 {found['p99'] * 1000:.1f} ms", flush=True)


def measure_beside(bench: Bench, rounds: int) -> None:
    """Compare posts beside a notifier at full load with posts beside one that has nothing to do."""
    bench.subscribe("load", 10)
    bench.subscribe("beside", 0)
    rates: dict[int, list[float]] = {0: [], 1: []}
    delivered = 0
    for _ in range(rounds):
        rates[0].append(bench.post("beside", 1))
        bench.pause()
        bench.fill("load", 1500)
        bench.receiver.ask()
        bench.resume()
        time.sleep(0.2)
        rates[1].append(bench.post("beside", 1))
        delivered += (now := bench.receiver.ask()["count"])
        bench.drained(15_000 - now)
    _print_ratios("posts/s beside a notifier: idle, at full load", rates)
    print(f"  deliveries meanwhile: {delivered / rounds:.0f}/s")


def measure_fan_out(bench: Bench, posts: int, targets: int = 3) -> None:
    """Copy a backlog into queues that are subscribers."""
    names = [f"fan-out-{number}" for number in range(targets)]
    with contextlib.closing(Service(bench.server.url)) as service:
        for name in names:
            document = {"subscriber": f"queue:{name}"}
            status, answer = service.call("POST", "/v2/queues/fan-out/subscriptions", document)
            assert status == 201, answer
            assert service.call("PUT", f"/v2/queues/{name}")[0] == 201
        bench.pause()
        bench.fill("fan-out", posts)
        posted = service.stats("fan-out")["total"]
        bench.resume()
        begin = time.monotonic()
        wait_until(lambda: all(service.stats(name)["total"] >= posted for name in names), seconds=300, what="copies")
        seconds = time.monotonic() - begin
        print(
            f"{posted} posts for {targets} queues: {posted / seconds:.0f} posts/s, {posted * targets / seconds:.0f} "
            f"copies/s, {[service.stats(name)['total'] for name in names]}",
            flush=True,
        )


def _print_ratios(what: str, rates: dict[int, list[float]]) -> None:
    (base, *others) = rates
    print(what, {key: round(statistics.median(found)) for key, found in rates.items()}, flush=True)
    for other in others:
        pairs = statistics.median(one / two for one, two in zip(rates[other], rates[base], strict=True))
        ratio = statistics.median(rates[other]) / statistics.median(rates[base])
        print(f"  {other} against {base}: {ratio:.3f}, pairs {pairs:.3f}", flush=True)


@contextlib.contextmanager
def _service(store: str, engine: str, folder: Path) -> Iterator[RunningServer]:
    settings: dict[str, dict[str, object]] = {"server": {"engine": engine, "workers": 2}}
    with contextlib.ExitStack() as stack:
        if store != "sqlite":
            uri = stack.enter_context((named_or_own_redis if store == "redis" else named_or_own_mongo)())
            for role in ("message_store", "management_store"):
                settings.setdefault("drivers", {})[role] = store
                settings[f"drivers:{role}:{store}"] = {"uri": uri}
        yield stack.enter_context(running_server(folder, settings))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.drain", description=__doc__)
    parser.add_argument("store", choices=["sqlite", "redis", "mongodb"])
    parser.add_argument("--engine", choices=["granian", "gunicorn"], default="granian")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--body", type=int, default=200, help="characters of a message's body")
    parser.add_argument("--only", nargs="+", default=["posts", "drain", "latency", "fan-out", "beside"])
    parser.add_argument("--backlogs", type=int, nargs="+", default=[1000, 20_000])
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Receiver("receiver")) as receiver,
        _service(options.store, options.engine, Path(folder)) as server,
    ):
        bench = Bench(server, receiver, options.body)
        print(f"{options.store}, {options.engine}", flush=True)
        if "posts" in options.only:
            measure_posts(bench, options.rounds)
        if "latency" in options.only:
            measure_latency(bench, 100, 10)
        if "drain" in options.only:
            for backlog in options.backlogs:
                measure_drain(bench, backlog, 1)
                measure_drain(bench, backlog, 10)
        if "fan-out" in options.only:
            measure_fan_out(bench, min(options.backlogs))
        if "beside" in options.only:
            measure_beside(bench, options.rounds)


if __name__ == "__main__":
    main()
