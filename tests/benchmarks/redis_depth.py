"""Measure what each operation costs on Redis beside a million claimed messages, and what memory is taken.

Run by hand: ``python -m tests.benchmarks.redis_depth``. It starts a server of its own; one thread calls the store, the
two queues in turn. What counts are the ratios of medians within one run, and that no script takes 5 ms.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import contextlib
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

import redis

from tests.builders import numbered_messages, queue_key
from tests.conformance.acts import claim, listed, post
from tests.integration.redis_servers import redis_server
from tests.storage.redis.opening import management_store, message_store
from zaqar.models import NewMessage, QueueKey
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named

LONG = 43_200
"""Seconds that outlast the program."""

SLOW = 5000
"""Microseconds that no script may take."""

BATCH = 1000
PAGE = NewMessage(b'"' + b"x" * 1022 + b'"', LONG)


def main() -> None:
    """Fill, measure and print."""
    options = _options()
    with redis_server() as server, contextlib.closing(message_store(server.uri, socket_timeout=30)) as store:
        _print_memory(server.client(), server.uri, store, options.idle)
        server.client().flushall()
        empty, deep = queue_key(), queue_key()
        for queue in (empty, deep):
            store.records.create(queue)
        for _ in range(options.depth // BATCH):
            post(store, deep, *numbered_messages(BATCH, ttl=LONG))
            claim(store, deep, ttl=LONG, limit=BATCH)
        server.client().config_set("slowlog-log-slower-than", SLOW)
        server.client().slowlog_reset()
        _print_ratios(store, empty, deep, options.rounds)
        print(f"scripts that took {SLOW} microseconds: {server.client().slowlog_len()}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redis_depth", description=__doc__)
    parser.add_argument("--depth", type=int, default=1_000_000, help="claimed messages in the long queue")
    parser.add_argument("--rounds", type=int, default=300, help="calls of each operation on each queue")
    parser.add_argument("--idle", type=int, default=200_000, help="idle queues for the measure of memory")
    return parser.parse_args()


def _print_ratios(store: MessageStore, empty: QueueKey, deep: QueueKey, rounds: int) -> None:
    seconds: dict[tuple[str, QueueKey], list[float]] = defaultdict(list)
    for queue in (empty, deep):
        post(store, queue, *[PAGE] * 200)
    for number in range(rounds + 10):
        for queue in (empty, deep):
            for name, act in _acts(store, queue).items():
                begin = time.perf_counter()
                act()
                if number >= 10:
                    seconds[name, queue].append(time.perf_counter() - begin)
    print("\nmedian in microseconds: empty, deep, ratio")
    for name in _acts(store, empty):
        here, there = (statistics.median(seconds[name, queue]) * 1e6 for queue in (empty, deep))
        print(f"{name:24}{here:8.0f}{there:8.0f}{there / here:8.2f}")


def _acts(store: MessageStore, queue: QueueKey) -> dict[str, Callable[[], object]]:
    """Return the operations, in an order that leaves the queue as it was."""
    claims: list[str] = []

    def take() -> None:
        claims.append(claim(store, queue, ttl=LONG, limit=10).id)

    return {
        "post 1": lambda: post(store, queue, PAGE),
        "claim 10": take,
        "release 10": lambda: store.claims.release(queue, named(claims.pop())),
        "list 10 from the start": lambda: listed(store, queue, limit=10),
        "stats": lambda: store.records.stats(queue),
        "pop 1": lambda: store.messages.pop(queue, limit=1),
    }


def _print_memory(client: redis.Redis, uri: str, store: MessageStore, idle: int) -> None:
    client.flushall()
    before = client.info("memory")["used_memory"]
    with contextlib.closing(management_store(uri)) as management:
        queues = [queue_key(project="0123456789abcdef0123456789abcdef") for _ in range(idle)]
        for queue in queues:
            management.queues.create(queue, {})
            store.records.create(queue)
    used = client.info("memory")["used_memory"] - before
    print(f"{idle} idle queues: {used / 2**20:.0f} MiB, {used / idle:.0f} bytes each")
    for name, count in (("ready", 20_000), ("claimed", 20_000)):
        before = client.info("memory")["used_memory"]
        queue = queue_key()
        store.records.create(queue)
        for _ in range(count // BATCH):
            post(store, queue, *[PAGE] * BATCH)
        while name == "claimed" and claim(store, queue, ttl=LONG, limit=10).messages:
            pass
        print(f"{name} message of 1 KiB: {(client.info('memory')['used_memory'] - before) / count:.0f} bytes")


if __name__ == "__main__":
    main()
