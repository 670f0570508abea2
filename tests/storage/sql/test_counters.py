"""A queue's counters are a sum of steps: after whatever happens they equal a count of the rows."""

import contextlib
import random

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, post
from tests.conformance.threads import together
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed, QueueNotFound
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.sql.messages.store import message_store
from zaqar.storage.sql.schema import CLAIMED

REFUSALS = (ClaimNotFound, ClaimNotHeld, MessageClaimed, QueueNotFound)

_COUNTS = """
    SELECT name, total, claimed,
           (SELECT count(*) FROM messages WHERE queue = records.id),
           (SELECT count(*) FROM messages WHERE queue = records.id AND state = ?)
    FROM records
"""


class _Worker:
    """Does anything that can be done to a queue, with what it remembers of it."""

    def __init__(self, store, queues, clock, seed):
        self.store, self.queues, self.clock = store, queues, clock
        self.random = random.Random(seed)
        self.messages, self.claims = [], []

    def act(self):
        queue = self.random.choice(self.queues)
        deeds = (self.post, self.post, self.claim, self.claim, self.pop, self.delete, self.delete, self.delete_many)
        deeds += (self.release, self.renew, self.pass_time, self.fall_due)
        rare = (self.purge, self.recreate, self.sweep)
        with contextlib.suppress(*REFUSALS):
            self.random.choice(rare if self.random.random() < 0.05 else deeds)(queue)

    def post(self, queue):
        count, delay = self.random.randint(1, 12), self.random.choice([0, 0, 0, 5])
        ttl = self.random.choice([20, 3600])
        self.messages += post(self.store, queue, *numbered_messages(count, ttl=ttl, delay=delay))

    def claim(self, queue):
        rule = dead_letter_rule(self.queues[0], max_claim_count=2) if queue != self.queues[0] else None
        limit, ttl = self.random.randint(1, 8), self.random.choice([3, 300])
        held = claim(self.store, queue, ttl=ttl, grace=5, limit=limit, dead_letter=rule)
        if held.messages:
            self.claims.append((held.id, [message.id for message in held.messages]))

    def pop(self, queue):
        self.store.messages.pop(queue, limit=self.random.randint(1, 5))

    def delete(self, queue):
        if self.claims and self.random.random() < 0.6:
            claim_id, ids = self.random.choice(self.claims)
            self.store.messages.delete(queue, named(self.random.choice(ids)), claim_id=named(claim_id))
        elif self.messages:
            self.store.messages.delete(queue, named(self.random.choice(self.messages[-50:])), claim_id=None)

    def delete_many(self, queue):
        if self.messages:
            chosen = self.random.choices(self.messages[-50:], k=self.random.randint(1, 6))
            self.store.messages.delete_many(queue, parse_ids(chosen), claim_ids=None)

    def release(self, queue):
        if self.claims:
            self.store.claims.release(queue, named(self.random.choice(self.claims)[0]))

    def renew(self, queue):
        if self.claims:
            self.store.claims.renew(queue, named(self.random.choice(self.claims)[0]), ttl=30, grace=10)

    def pass_time(self, queue):
        self.clock.move(1)

    def fall_due(self, queue):
        self.store.records.stats(queue)

    def purge(self, queue):
        self.store.records.purge(queue)

    def recreate(self, queue):
        self.store.records.delete(queue)
        self.store.records.create(queue)

    def sweep(self, queue):
        self.store.sweep()


def _assert_counters_are_right(database):
    def question(session):
        return session.connection.execute(_COUNTS, [CLAIMED]).fetchall()

    rows = database.read(question)
    assert len(rows) == 3
    assert [(name, total, claimed) for name, total, claimed, _, _ in rows] == [
        (name, messages, held) for name, _, _, messages, held in rows
    ]


def _assert_nothing_is_orphaned(database):
    rows = database.read(
        lambda session: session.connection.execute(
            "SELECT count(*) FROM messages WHERE queue NOT IN (SELECT id FROM records)"
            " UNION ALL SELECT count(*) FROM claims WHERE queue NOT IN (SELECT id FROM records)"
        ).fetchall()
    )
    assert rows == [(0,), (0,)]


@pytest.fixture
def queues(store):
    keys = [queue_key() for _ in range(3)]
    for key in keys:
        store.records.create(key)
    return keys


@pytest.mark.parametrize("seed", range(8))
def test_one_worker_keeps_the_counters_right(database, store, queues, clock, seed):
    worker = _Worker(store, queues, clock, seed)
    for _ in range(12):
        for _ in range(25):
            worker.act()
        _assert_counters_are_right(database)

    _assert_nothing_is_orphaned(database)


@pytest.mark.parametrize("seed", range(3))
def test_many_workers_of_two_processes_keep_the_counters_right(database, open_database, store, queues, clock, seed):
    stores = (store, message_store(open_database()))
    workers = [_Worker(stores[index % 2], queues, clock, f"{seed} {index}") for index in range(6)]

    def work(worker):
        for _ in range(60):
            worker.act()

    together(*(lambda worker=worker: work(worker) for worker in workers))

    _assert_counters_are_right(database)
    _assert_nothing_is_orphaned(database)


def test_stats_after_everything_expired_count_nothing_once_swept(database, store, queues, clock):
    for queue in queues:
        post(store, queue, *numbered_messages(300, ttl=20), new_message(ttl=3600))
        claim(store, queue, ttl=5, grace=5, limit=20)
    clock.move(100)

    while store.sweep():
        pass

    _assert_counters_are_right(database)
    assert (
        [store.records.stats(queue).total for queue in queues]
        == [len(everything(store, queue)) for queue in queues]
        == [1] * 3
    )
