"""A queue of dead letters, and where each of them belongs."""

from tests.builders import new_token, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import PRODUCER, everything, numbers
from tests.storage.mongodb.subscribers import HOLDER, noticed, subscribe
from zaqar.models import NewMessage, Origin, QueueKey, Redrive, RedriveTerms
from zaqar.storage.contract import MessageStore

OTHER = "notifier-2"


class Scene:
    """Six dead letters: 0 and 1 from a queue, 2 from nowhere, 3 and 4 for a subscription, 5 from a topic."""

    def __init__(self, store: MessageStore, clock: MovableClock, **terms) -> None:
        self.store, self.clock, self.token = store, clock, new_token()
        self.terms = RedriveTerms(**terms)
        self.source = queue_key()
        self.topic = queue_key(project=self.source.project, kind="topic")
        self.dead = queue_key(project=self.source.project)
        for queue in (self.source, self.topic, self.dead):
            store.records.create(queue)
        self.subscription = subscribe(store, self.source, ttl=10**6)
        for number, origin in enumerate(self._origins()):
            message = NewMessage(str(number).encode(), 10**6, origin=origin)
            store.messages.post(self.dead, [message], client_id=PRODUCER, token=new_token(), audience="nobody")

    def _origins(self):
        for source, addressee in (
            (self.source, None),
            (self.source, None),
            (None, None),
            (self.source, self.subscription.id),
            (self.source, self.subscription.id),
            (self.topic, None),
        ):
            yield None if source is None else origin_in(source, subscription_id=addressee)

    def begin(self) -> Redrive:
        return self.store.redrives.create(self.dead, self.terms, token=self.token)

    def step(self, store: MessageStore | None = None, *, holder: str = HOLDER) -> Redrive | None:
        return (store or self.store).redrives.step(self.dead, holder=holder, seconds=3, limit=200)

    def places(self) -> dict[str, list[int]]:
        """Return what is where."""
        bodies = [int(message.body) for notice in noticed(self.store, self.source) for message in notice.messages]
        found = {
            queue: sorted(numbers(everything(self.store, queue))) for queue in (self.dead, self.source, self.topic)
        }
        return {
            "dead": found[self.dead],
            "source": found[self.source],
            "topic": found[self.topic],
            "redelivered": sorted(bodies),
        }

    def end(self, *, holder: str = HOLDER) -> Redrive:
        """Finish what was broken off, take all steps that are left, and return the redrive."""
        for _ in range(2):
            self.clock.move(90)
            self.store.sweep()
        for _ in range(20):
            if self.step(holder=holder) is None:
                break
        found = self.store.redrives.get(self.dead)
        assert found is not None
        return found

    def close(self) -> None:
        """Leave nothing for others."""
        self.store.subscriptions.delete_all(self.source)
        for queue in (self.source, self.topic, self.dead):
            self.store.records.delete(queue)
        self.clock.move(90)
        self.store.deliveries.lease(self.source, holder=HOLDER, seconds=3, limit=10)


ALL_BACK = {"dead": [2], "source": [0, 1], "topic": [5], "redelivered": [3, 4]}
NOTHING_BACK = {"dead": [0, 1, 2, 3, 4, 5], "source": [], "topic": [], "redelivered": []}


def origin_in(source: QueueKey, *, subscription_id: str | None = None) -> Origin:
    """Return the origin of a dead letter."""
    reason = "max_claim_count" if subscription_id is None else "delivery_failed"
    return Origin(source.name, reason, 3, 1, 10**6, "0" * 30, kind=source.kind, subscription_id=subscription_id)
