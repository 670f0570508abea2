"""Queues in the states that a slow store suffers from, filled through the driver in big batches."""

from collections.abc import Callable

from tests.benchmarks.application import PRODUCER, PROJECT, Application
from tests.builders import new_token, numbered_messages
from zaqar.models import NewMessage, QueueKey
from zaqar.storage.sql.messages import lookup, posting, records
from zaqar.storage.sql.sqlite.session import Transaction

QUEUE = QueueKey(PROJECT, "measured")
LONG = 43_200
"""Seconds that outlast the program."""

NEIGHBOURS = 20
"""Queues that there are in every scene, so that a page of a listing is full."""

ENOUGH = 200
"""Messages in a queue that is called empty: as many as the operations want to work on."""

_BATCH = 1000

_PAGES_OF_LOG = 4000
"""Pages after which SQLite begins its log of writes anew; until then each write also pays for the file's growth."""


def fill(application: Application, scene: str, *, depth: int, idle: int) -> None:
    """Make a scene in a database that has been in use for a while."""
    _grow_log(application)
    SCENES[scene](application, depth, idle)


def empty(application: Application, depth: int, idle: int) -> None:
    """Make a queue with hardly more than what is claimed and listed."""
    _make_queues(application, NEIGHBOURS)
    _post(application, ENOUGH)


def claimed(application: Application, depth: int, idle: int) -> None:
    """Make a queue whose first half is claimed, by many claims of 10 to 20."""
    _make_queues(application, NEIGHBOURS)
    _post(application, depth)
    limits = (10 + number % 11 for number in range(depth))
    left = depth // 2

    while left:
        taken = application.messages.claims.create(
            QUEUE, ttl=LONG, grace=60, limit=min(next(limits), left), dead_letter=None
        )
        left -= len(taken.messages)


def expired(application: Application, depth: int, idle: int) -> None:
    """Make a queue whose first half has expired and waits to be removed."""
    _make_queues(application, NEIGHBOURS)
    _post(application, depth // 2, ttl=60)
    _post(application, depth - depth // 2)
    application.clock.move(100)


def delayed(application: Application, depth: int, idle: int) -> None:
    """Make a queue whose first half is delayed."""
    _make_queues(application, NEIGHBOURS)
    _post(application, depth // 2, delay=LONG)
    _post(application, depth - depth // 2)


def beside_idle(application: Application, depth: int, idle: int) -> None:
    """Make a queue as the empty one, beside many with a message each."""
    _make_queues(application, idle)
    _post(application, ENOUGH)


SCENES: dict[str, Callable[[Application, int, int], None]] = {
    scene.__name__: scene for scene in (empty, claimed, expired, delayed, beside_idle)
}


def _grow_log(application: Application) -> None:
    queue = QueueKey("another project", "large messages")
    application.messages.records.create(queue)
    page = NewMessage(b" " * 4096, LONG)
    for _ in range(2 * _PAGES_OF_LOG // 100):
        application.messages.messages.post(queue, [page] * 100, client_id=PRODUCER, token=new_token())
    application.messages.records.delete(queue)


def _make_queues(application: Application, count: int) -> None:
    """Make the measured queue and others, each with a message."""
    application.management.queues.create(QUEUE, {})
    application.messages.records.create(QUEUE)
    for first in range(0, count, _BATCH):
        keys = [QueueKey(PROJECT, f"idle-{number:06}") for number in range(first, min(first + _BATCH, count))]
        application.database.write(lambda transaction, keys=keys: _fill_idle(transaction, keys))


def _fill_idle(transaction: Transaction, keys: list[QueueKey]) -> None:
    insertion = "INSERT INTO queues (project, kind, name, metadata) VALUES (?, ?, ?, '{}')"
    transaction.connection.executemany(insertion, [(key.project, key.kind, key.name) for key in keys])
    for key in keys:
        records.create(transaction, key)
        _insert(transaction, key, 1, ttl=LONG, delay=0)


def _post(application: Application, count: int, *, ttl: int = LONG, delay: int = 0) -> None:
    for first in range(0, count, _BATCH):
        size = min(_BATCH, count - first)
        application.database.write(
            lambda transaction, size=size: _insert(transaction, QUEUE, size, ttl=ttl, delay=delay)
        )


def _insert(transaction: Transaction, queue: QueueKey, count: int, *, ttl: int, delay: int) -> None:
    new = numbered_messages(count, ttl=ttl, delay=delay)
    posting.insert(transaction, lookup.remembered(transaction, queue), new, client_id=PRODUCER, token=new_token())
