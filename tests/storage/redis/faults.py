"""What the tests of faults share: the patience of stores, every operation of a store, and a load on it."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, listed, post
from tests.integration.process import wait_until
from tests.integration.redis_servers import RedisServer
from zaqar.errors import Unavailable
from zaqar.models import Claim, QueueKey
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named, parse_ids

HASTY = {"retry_deadline": 0.5, "socket_timeout": 0.2, "reconnect_sleep": 0.1}
"""Gives up soon."""

STEADY = {"retry_deadline": 40.0, "max_reconnect_attempts": 400, "reconnect_sleep": 0.1}
"""Outlasts a failover."""

DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


def made_queue(store: MessageStore) -> QueueKey:
    """Return a queue that can be posted to."""
    queue = queue_key()
    store.records.create(queue)
    return queue


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when the block takes longer."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


class Scene:
    """A queue with six messages, two of which are claimed, and everything that can be done with it."""

    def __init__(self, store: MessageStore) -> None:
        self.store = store
        self.queue = made_queue(store)
        store.messages.pop(self.queue, limit=1)  # so that the server knows the script
        self.ids = post(store, self.queue, *numbered_messages(6))
        self.claim: Claim = claim(store, self.queue, limit=2)

    def act(self, name: str) -> object:
        """Do one of ``ACTS``."""
        return ACTS[name](self)


ACTS: dict[str, Callable[[Scene], object]] = {
    "create queue": lambda scene: scene.store.records.create(scene.queue),
    "post": lambda scene: post(scene.store, scene.queue, new_message()),
    "list": lambda scene: listed(scene.store, scene.queue),
    "get": lambda scene: scene.store.messages.get(scene.queue, parse_ids(scene.ids)),
    "stats": lambda scene: scene.store.records.stats(scene.queue),
    "claim": lambda scene: claim(scene.store, scene.queue),
    "get claim": lambda scene: scene.store.claims.get(scene.queue, named(scene.claim.id)),
    "renew": lambda scene: scene.store.claims.renew(scene.queue, named(scene.claim.id), ttl=900, grace=60),
    "delete": lambda scene: scene.store.messages.delete(
        scene.queue, named(scene.ids[0]), claim_id=named(scene.claim.id)
    ),
    "delete many": lambda scene: scene.store.messages.delete_many(
        scene.queue, parse_ids(scene.ids[:2]), claim_ids=parse_ids([scene.claim.id])
    ),
    "release": lambda scene: scene.store.claims.release(scene.queue, named(scene.claim.id)),
    "pop": lambda scene: scene.store.messages.pop(scene.queue, limit=2),
    "sweep": lambda scene: scene.store.sweep(),
    "turn": lambda scene: scene.store.is_turn_to_sweep(),
    "purge": lambda scene: scene.store.records.purge(scene.queue),
    "delete queue": lambda scene: scene.store.records.delete(scene.queue),
}


class Load:
    """Producers and consumers over one store, a thread each, until the block ends."""

    def __init__(self, store: MessageStore, queues: Sequence[QueueKey], *, pairs: int = 4) -> None:
        self.acknowledged: set[bytes] = set()
        self.delivered: Counter[bytes] = Counter()
        self.failures: list[Exception] = []
        self._store, self._queues = store, queues
        self._lock = threading.Lock()
        self._stopped, self._open = threading.Event(), threading.Event()
        self._busy = 0
        self._open.set()
        steps = (self._produce, self._consume)
        self._threads = [
            threading.Thread(target=self._run, args=(step, number), daemon=True)
            for number in range(pairs)
            for step in steps
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._open.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads), "a thread hangs"

    def wait_for(self, messages: int = 50) -> None:
        """Wait until so many more are posted, and as many delivered."""
        posted, delivered = len(self.acknowledged) + messages, self.delivered.total() + messages
        wait_until(
            lambda: len(self.acknowledged) >= posted and self.delivered.total() >= delivered,
            seconds=60,
            what="more messages",
        )

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing be on its way while the block runs; everybody goes on with the connections there are."""
        self._open.clear()
        wait_until(lambda: not self._busy, seconds=60, what="the end of all calls")
        yield
        self._open.set()

    def drain(self) -> None:
        """Deliver what is left; to be called when the load has ended."""
        for queue in self._queues:
            while self._deliver(queue):
                pass

    def _run(self, step: Callable[[QueueKey, int, int], None], number: int) -> None:
        turn = 0
        while not self._stopped.is_set():
            with self._lock:
                may_go = self._open.is_set()
                self._busy += may_go
            if not may_go:
                self._open.wait(60)
                continue
            try:
                step(self._queues[(number + turn) % len(self._queues)], number, turn)
            except Unavailable as error:
                self.failures.append(error)
            finally:
                with self._lock:
                    self._busy -= 1
            turn += 1

    def _produce(self, queue: QueueKey, number: int, turn: int) -> None:
        body = b'"%d-%d"' % (number, turn)
        self._store.messages.post(queue, [new_message(body)], client_id=PRODUCER, token=new_token())
        self.acknowledged.add(body)

    def _consume(self, queue: QueueKey, number: int, turn: int) -> None:
        if not self._deliver(queue):
            time.sleep(0.005)  # so that producers keep ahead

    def _deliver(self, queue: QueueKey) -> int:
        taken = claim(self._store, queue, limit=5)
        for message in taken.messages:
            self._store.messages.delete(queue, named(message.id), claim_id=named(taken.id))
            with self._lock:
                self.delivered[message.body] += 1
        return len(taken.messages)


def wait_until_copied(primary: RedisServer, replica: RedisServer) -> None:
    """Wait until the replica has everything that the primary has."""

    def offsets() -> set[int]:
        return {int(server.client().info("replication")["master_repl_offset"]) for server in (primary, replica)}

    wait_until(lambda: len(offsets()) == 1, what="a replica that has everything")
