"""Count what each operation asks of MongoDB in an empty and in a long queue, half of whose messages are claimed.

Run by hand: ``python -m tests.benchmarks.mongodb_depth``. It starts a server of its own. What counts are commands, the
documents that answers bring, those that updates and deletions reach, and that every query has an index and a limit: the
emulator scans whole collections, so times are MongoDB's only where mongod is on PATH.
"""

# ruff: noqa: T201 - it prints: that is its purpose

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable

from tests.builders import numbered_messages, queue_key
from tests.conformance.acts import claim, listed, post
from tests.integration.mongo_servers import is_emulator, mongo_server
from tests.parts import OpenStore
from tests.storage.mongodb.opening import fresh_name, opened
from tests.storage.mongodb.plans import plans
from tests.storage.mongodb.watching import Sent, Watching
from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named

LONG = 43_200
"""Seconds that outlast the program."""

BATCH = 1000


def main() -> None:
    """Fill, count and print."""
    options = _options()
    watch = Watching()
    with (
        mongo_server() as server,
        fresh_name(server.uri) as name,
        opened(server.uri, name, listener=watch) as store,
    ):
        shallow, deep = queue_key(), queue_key()
        begin = time.perf_counter()
        for queue, depth in ((shallow, BATCH), (deep, options.depth)):
            _fill(store, queue, depth)
        print(f"{options.depth} messages, half of them claimed: filled in {time.perf_counter() - begin:.1f} s")
        print("on the emulator, which scans" if is_emulator() else "on mongod")
        print(
            f"\n{'':26}{'commands':>14}{'documents':>14}{'milliseconds':>16}   indexes\n{'':26}" + "  1,000   long" * 3
        )
        for what, act in _acts(store).items():
            _print_line(what, [_measure(watch, act, queue, options.rounds) for queue in (shallow, deep)])
        print(store.records.stats(deep))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.mongodb_depth", description=__doc__)
    parser.add_argument("--depth", type=int, default=100_000, help="messages in the long queue")
    parser.add_argument("--rounds", type=int, default=5, help="calls of each operation on each queue")
    return parser.parse_args()


def _fill(store: OpenStore, queue: QueueKey, depth: int) -> None:
    """Post so many, and claim every second half thousand."""
    store.records.create(queue)
    for first in range(0, depth, BATCH):
        post(store, queue, *numbered_messages(BATCH // 2, first=first, ttl=LONG))
        claim(store, queue, ttl=LONG, limit=BATCH // 2)
    for first in range(0, depth, BATCH):
        post(store, queue, *numbered_messages(BATCH // 2, first=first, ttl=LONG))
    store.parts.writer.write_all()


def _acts(store: MessageStore) -> dict[str, Callable[[QueueKey], object]]:
    """Return the operations, in an order that leaves the queue much as it was."""
    held: dict[QueueKey, list[str]] = defaultdict(list)
    posted: dict[QueueKey, list[str]] = defaultdict(list)

    def take(queue: QueueKey) -> None:
        held[queue].append(claim(store, queue, ttl=LONG, limit=10).id)

    def add(queue: QueueKey) -> None:
        posted[queue].extend(post(store, queue, *numbered_messages(1, ttl=LONG)))

    return {
        "post 1": add,
        "delete 1": lambda queue: store.messages.delete(queue, named(posted[queue].pop()), claim_id=None),
        "list 10 from the start": lambda queue: listed(store, queue, limit=10),
        "list 10 with claimed": lambda queue: listed(store, queue, limit=10, include_claimed=True),
        "list 10 of all": lambda queue: listed(store, queue, limit=10, include_claimed=True, include_delayed=True),
        "claim 10": take,
        "get claim": lambda queue: store.claims.get(queue, named(held[queue][-1])),
        "renew": lambda queue: store.claims.renew(queue, named(held[queue][-1]), ttl=LONG, grace=60),
        "release 10": lambda queue: store.claims.release(queue, named(held[queue].pop())),
        "pop 10": lambda queue: store.messages.pop(queue, limit=10),
        "stats": store.records.stats,
    }


def _measure(
    watch: Watching, act: Callable[[QueueKey], object], queue: QueueKey, rounds: int
) -> tuple[list[Sent], float]:
    """Return the commands of the last call, and the median of the times."""
    seconds = []
    with watch() as sent:
        for _ in range(rounds):
            sent.clear()
            begin = time.perf_counter()
            act(queue)
            seconds.append(time.perf_counter() - begin)
    return sent, statistics.median(seconds) * 1000


def _print_line(what: str, measured: list[tuple[list[Sent], float]]) -> None:
    commands = [len(sent) for sent, _ in measured]
    documents = [sum(each.reached for each in sent) for sent, _ in measured]
    times = [milliseconds for _, milliseconds in measured]
    indexes = ", ".join(sorted(set(plans([each for each in measured[-1][0] if each.name != "insert"]))))
    mark = "  !" if len(set(commands)) > 1 or any(not each.is_limited for each in measured[-1][0]) else ""
    cells = "".join(f"{one:7}{other:7}" for one, other in (commands, documents))
    print(f"{what:26}{cells}{times[0]:8.1f}{times[1]:8.1f}   {indexes}{mark}")


if __name__ == "__main__":
    main()
