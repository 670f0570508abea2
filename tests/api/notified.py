"""A service whose outbox and news a test may look at, as a notifier does."""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.api.conftest import configured_database
from tests.api.http_client import HttpClient
from tests.clock import MovableClock
from zaqar import deploy
from zaqar.models import Notice, Progress, Question, QueueKey, Saved
from zaqar.redriving import Redriver
from zaqar.storage.contract import MessageStore
from zaqar.transport.identity import ClientIdRule
from zaqar.transport.wsgi.application import application

SECOND = 1_000_000


@dataclass
class Heard:
    """News that are written down."""

    queues: list[QueueKey] = field(default_factory=list)

    def tell(self, queue: QueueKey) -> None:
        self.queues.append(queue)

    def tell_change(self, queue: QueueKey) -> None:
        self.queues.append(queue)

    def taken(self) -> list[QueueKey]:
        """Return what was told since the last call."""
        told, self.queues = self.queues, []
        return told


@dataclass(frozen=True)
class Notified:
    """A caller, and the other side of the store."""

    client: HttpClient
    store: MessageStore
    heard: Heard

    def key(self, source: str = "queues/q") -> QueueKey:
        """Return what the stores call a queue or topic of the caller."""
        kind, _, name = source.partition("s/")
        return QueueKey(self.client.project, name, "topic" if kind == "topic" else "queue")

    def notices(self, source: str = "queues/q") -> list[Notice]:
        """Return what the outbox has."""
        return list(self.store.deliveries.notices(self.key(source), after=0, most_bytes=2**20))

    def asked(self, source: str = "queues/q") -> list[tuple[str | None, Question]]:
        """Return whom the service wants to ask, and what."""
        return [
            (notice.subscription_id, msgspec.json.decode(message.body, type=Question))
            for notice in self.notices(source)
            if notice.subscription_id
            for message in notice.messages
        ]

    def redrive(self) -> None:
        """Take the steps of all redrives, as a notifier does."""
        seconds = itertools.count()
        redriver = Redriver(
            self.store,
            create_lazily=self.store.records.create,
            deliver=self.heard.queues.append,
            monotonic=lambda: next(seconds),
        )
        for _ in range(20):
            redriver.turn()

    def deliver(self, subscription_id: str, progress: Progress) -> None:
        """Say what became of deliveries, as a notifier does."""
        deliveries, queue = self.store.deliveries, self.key()
        assert deliveries.lease(queue, holder="test", seconds=3, limit=10)
        saved = Saved(subscription_id, progress, is_released=True)
        assert deliveries.save(queue, holder="test", seconds=3, saved=[saved])


@contextlib.contextmanager
def notified(folder: Path, clock: MovableClock, text: str = "") -> Iterator[Notified]:
    """Make a service in ``folder``, configured by ``text``."""
    heard = Heard()
    with configured_database(folder, clock, text) as conf:
        service = deploy.Service(conf, clock=clock, news=heard)
        app = application(
            service.operations, client_id_rule=ClientIdRule(is_strict=True, least=10, most=36), signer=service.signer
        )
        yield Notified(HttpClient(app), deploy.chosen(conf, "message_store").message_store(clock), heard)
