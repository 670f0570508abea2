"""Compare what several consumers of one queue in MongoDB take in a second with what one takes, and how long each waited.

Run by hand: ``python -m tests.benchmarks.mongodb_takers``. Consumers are threads of several processes, as those of a service
are. It starts a server of its own, unless one is named; the emulator scans, so the queue should be short there.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import contextlib
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator

from tests.builders import numbered_messages, queue_key
from tests.conformance.acts import claim, post
from tests.conformance.threads import together
from tests.integration.mongo_servers import mongo_server
from tests.storage.mongodb.opening import fresh_name, message_store
from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore

LONG = 43_200
"""Seconds that outlast the program."""

Act = Callable[[MessageStore, QueueKey, int], int]
"""Takes up to so many messages; returns how many it was given."""

ACTS: dict[str, Act] = {
    "pop": lambda store, queue, limit: len(store.messages.pop(queue, limit=limit)),
    "claim": lambda store, queue, limit: len(claim(store, queue, ttl=LONG, limit=limit).messages),
}


def main() -> None:
    """Take with one consumer, then with several, and print."""
    options = _options()
    with _uri(options.uri) as uri:
        for what in ACTS:
            for limit in (1, 10):
                alone = _rate(uri, what, limit, options, processes=1, threads=1)
                beside = _rate(uri, what, limit, options, processes=options.processes, threads=options.threads)
                print(
                    f"{what} {limit:3}: alone {alone[0]:8.1f}/s, longest {alone[1]:6.3f} s;"
                    f" beside others {beside[0]:8.1f}/s, longest {beside[1]:6.3f} s; ratio {beside[0] / alone[0]:.2f}"
                )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.mongodb_takers", description=__doc__)
    parser.add_argument("--uri", help="a server to use instead of one of its own")
    parser.add_argument("--messages", type=int, default=600, help="messages of a round; ten times as many for tens")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="consumers of each process")
    return parser.parse_args()


@contextlib.contextmanager
def _uri(named: str | None) -> Iterator[str]:
    if named:
        yield named
        return
    with mongo_server() as server:
        yield server.uri


def _rate(
    uri: str, what: str, limit: int, options: argparse.Namespace, *, processes: int, threads: int
) -> tuple[float, float]:
    """Return messages a second, and the longest call in seconds."""
    queue = queue_key()
    with fresh_name(uri) as name, contextlib.closing(message_store(uri, database=name)) as store:
        store.records.create(queue)
        count = options.messages * (3 if limit > 1 else 1)
        for first in range(0, count, 500):
            post(store, queue, *numbered_messages(min(500, count - first), first=first, ttl=LONG))
        context = multiprocessing.get_context("fork")
        with context.Pool(processes) as pool:
            found = pool.starmap(_consume, [(uri, name, queue, what, limit, threads)] * processes, chunksize=1)
    taken = sum(one[0] for one in found)
    assert taken == count, f"{taken} of {count} were taken"
    seconds = max(one[2] for one in found) - min(one[1] for one in found)
    return count / seconds, max(one[3] for one in found)


def _consume(
    uri: str, name: str, queue: QueueKey, what: str, limit: int, threads: int
) -> tuple[int, float, float, float]:
    """Return how many were taken, the first moment and the last, and the longest call."""
    with contextlib.closing(message_store(uri, database=name)) as store:
        store.records.stats(queue)  # connect first

        def consume() -> tuple[int, list[float]]:
            taken, times = 0, []
            while True:
                begin = time.perf_counter()
                number = ACTS[what](store, queue, limit)
                times.append(time.perf_counter() - begin)
                if not number:
                    return taken, times
                taken += number

        began = time.time()
        found = together(*[consume] * threads)
        ended = time.time()
    calls = [seconds for _, times in found for seconds in times]
    print(f"  {what} {limit}: median {statistics.median(calls) * 1000:.1f} ms of {len(calls)} calls")
    return sum(taken for taken, _ in found), began, ended, max(calls)


if __name__ == "__main__":
    main()
