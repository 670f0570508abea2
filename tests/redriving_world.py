"""A redriver over a store that counts, whose time a test has."""

import threading

import msgspec

from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import QueueKey, Redrive, RedriveTerms
from zaqar.redriving import LEASE, Redriver
from zaqar.storage.contract import MessageStore

STEP = 0.05
"""Seconds that a step takes."""


class Redrives:
    """Redrives of a store that counts, in place of moving; each step takes a twentieth of a second."""

    def __init__(self):
        self.time = 0.0
        self.known: dict[QueueKey, Redrive] = {}
        self.left: dict[QueueKey, int] = {}
        self.missing: set[QueueKey] = set()
        self.others: set[QueueKey] = set()
        self.failing: dict[QueueKey, Exception] = {}
        self.broken: set[QueueKey] = set()
        self.steps: list[tuple[QueueKey, int, float]] = []
        self.holders: set[str] = set()
        self.has_stepped = threading.Event()
        self.looks = 0
        self.is_away = False

    def add(self, queue, messages, **terms):
        """Begin a redrive of so many messages."""
        self.known[queue] = Redrive(f"{len(self.known):030x}", RedriveTerms(**terms), created=0, until=0)
        self.left[queue] = messages

    def replace(self, queue, **changes):
        self.known[queue] = msgspec.structs.replace(self.known[queue], **changes)

    def running(self):
        self.looks += 1
        self._answer()
        return [queue for queue, redrive in self.known.items() if redrive.state == "running"]

    def get(self, queue):
        self._answer()
        return self.known.get(queue)

    def step(self, queue, *, holder, seconds, limit):
        assert seconds == LEASE
        self._answer()
        self.holders.add(holder)
        self.steps.append((queue, limit, self.time))
        self.has_stepped.set()
        self.time += STEP
        if queue in self.failing:
            raise self.failing[queue]
        if queue in self.broken:
            raise ValueError(queue)
        if queue in self.others or self.known[queue].state != "running":
            return None
        if self.missing:
            raise QueueNotFound(min(self.missing))
        moved = min(limit, self.left[queue])
        self.left[queue] -= moved
        self.replace(queue, moved=self.known[queue].moved + moved, state="running" if self.left[queue] else "done")
        return self.known[queue]

    def _answer(self):
        if self.is_away:
            raise Unavailable("It is away.")


class Deliveries:
    """An outbox with something in it."""

    def __init__(self):
        self.queues = []

    def sources(self):
        return self.queues


class World:
    """A redriver whose time the test has."""

    def __init__(self):
        self.redrives, self.deliveries = Redrives(), Deliveries()
        self.made: list[QueueKey] = []
        self.told: list[QueueKey] = []
        store = MessageStore(
            records=None,
            messages=None,
            claims=None,
            subscriptions=None,
            deliveries=self.deliveries,
            redrives=self.redrives,
            microseconds=int,
            sweep=int,
            is_alive=bool,
            close=bool,
        )
        self.redriver = Redriver(
            store, create_lazily=self._make, deliver=self.told.append, monotonic=lambda: self.redrives.time
        )

    def _make(self, queue):
        self.made.append(queue)
        self.redrives.missing.discard(queue)

    def run(self, seconds):
        """Take turns for so long, each when the one before it said."""
        ends = self.redrives.time + seconds
        while self.redrives.time < ends:
            self.redrives.time += max(self.redriver.turn(), 1e-6)

    def steps(self, queue=None):
        return [step for step in self.redrives.steps if queue in (None, step[0])]
