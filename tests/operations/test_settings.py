"""What is remembered of queues, and for how long."""

import pytest

from tests.builders import queue_key
from zaqar.errors import QueueNotFound
from zaqar.limits import Limits
from zaqar.models import Queue
from zaqar.operations.settings import MOST_REMEMBERED, KnownQueues
from zaqar.storage.contract import ManagementStore


class _Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


class _Queues:
    """Queues of a management store in which every queue is there, unless it is said to be missing."""

    def __init__(self):
        self.reads = 0
        self.is_missing = False

    def get(self, queue):
        self.reads += 1
        if self.is_missing:
            raise QueueNotFound(queue)
        return Queue(queue.name, {"_default_message_ttl": 60 if queue.project == "a" else 70})


@pytest.fixture
def queues():
    return _Queues()


def _known(queues, *, seconds=2.0, time=None):
    return KnownQueues(
        management=ManagementStore(queues=queues, is_alive=bool, close=bool),
        routing=None,
        limits=Limits(),
        seconds=seconds,
        monotonic=time or (lambda: 100.0),
    )


def test_what_was_read_is_known_for_a_while(queues):
    time, queue = _Time(), queue_key()
    known = _known(queues, time=time)
    known.settings(queue)

    time.now += 2
    known.settings(queue)
    assert queues.reads == 1
    time.now += 0.1
    known.settings(queue)
    assert queues.reads == 2


def test_what_is_changed_is_forgotten(queues):
    known, queue = _known(queues), queue_key()
    known.settings(queue)

    known.forget(queue)
    known.forget(queue)
    known.settings(queue)

    assert queues.reads == 2


def test_a_queue_that_is_missing_has_the_defaults_and_is_looked_for_each_time(queues):
    known, queue = _known(queues), queue_key()
    queues.is_missing = True

    assert known.settings(queue).message_ttl == known.settings(queue).message_ttl == Limits().default_message_ttl

    assert queues.reads == 2


def test_queues_of_other_projects_and_topics_of_the_same_name_are_other_queues(queues):
    known = _known(queues)

    found = [known.settings(queue_key(project=project, name="q")).message_ttl for project in ("a", "b")]
    known.settings(queue_key(project="a", name="q", kind="topic"))

    assert found == [60, 70]
    assert queues.reads == 3


def test_memory_is_bounded(queues):
    known = _known(queues)
    keys = [queue_key(project="p", name=str(number)) for number in range(MOST_REMEMBERED + 1)]
    for queue in keys:
        known.settings(queue)

    known.settings(keys[0])

    assert queues.reads == MOST_REMEMBERED + 2
