"""A primary that steps down at any command of what subscribers and deliveries need: nothing lost, nothing done twice."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import msgspec
import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import PRODUCER, everything, numbers, post
from tests.parts import OpenStore
from tests.storage.mongodb.interruptions import FAULTS, answer_lost, half_done
from tests.storage.mongodb.opening import fresh_name
from tests.storage.mongodb.subscribers import (
    HOLDER,
    deliver_all,
    lease,
    new_subscription,
    noticed,
    noticed_ids,
    standing,
    subscribe,
)
from tests.storage.mongodb.test_interruptions import FOREVER, Stage
from zaqar.errors import Unavailable
from zaqar.models import Progress, Saved
from zaqar.storage.ids import named

A, B, C = (f"http://{letter}.example/" for letter in "abc")


class Scene:
    """A queue with two subscriptions, of which the first has had the first of three messages and is leased."""

    def __init__(self, store: OpenStore, clock: MovableClock) -> None:
        self.store, self.clock, self.token, self.queue = store, clock, new_token(), queue_key()
        store.records.create(self.queue)
        self.first, self.second = subscribe(store, self.queue, A, ttl=10_000), subscribe(store, self.queue, B)
        self.ids = [
            *post(store, self.queue, new_message(b"0")),
            *post(store, self.queue, *numbered_messages(2, first=1)),
        ]
        self.notices = noticed(store, self.queue)
        lease(store, self.queue)
        self._save(Saved(self.first.id, Progress(self.notices[0].last)), Saved(self.second.id, Progress(0), True))
        clock.move(1)

    def _save(self, *saved: Saved):
        return self.store.deliveries.save(self.queue, holder=HOLDER, seconds=3, saved=saved)

    def post(self):
        posted = self.store.messages.post(
            self.queue, numbered_messages(2, first=3), client_id=PRODUCER, token=self.token
        )
        return posted.has_notice, len(posted.ids)

    def address(self):
        message = new_message(b"9")
        self.store.deliveries.address(self.queue, named(self.first.id), message, token=self.token)

    def subscribe(self):
        made, is_new = self.store.subscriptions.create(self.queue, new_subscription(C), token=self.token)
        return made.subscriber, is_new

    def subscribe_again(self):
        made, is_new = self.store.subscriptions.create(self.queue, new_subscription(A), token=self.token)
        return made.id == self.first.id, is_new

    def subscribe_in_the_place_of_one_that_ended(self):
        self.clock.move(3600)
        made, is_new = self.store.subscriptions.create(self.queue, new_subscription(B), token=self.token)
        return made.id == self.second.id, is_new

    def replace(self):
        """Change it; again, where that was not acknowledged, as it is then."""
        old = self.store.subscriptions.get(self.queue, named(self.second.id))
        new = msgspec.structs.replace(self.second, subscriber=C, ttl=20_000)
        self.store.subscriptions.replace(self.queue, old=old, new=new, restarts=True)

    def save(self):
        last = self.notices[-1].last
        return len(self._save(Saved(self.first.id, Progress(last)), Saved(self.second.id, Progress(last))))

    def release(self):
        last = self.notices[-1].last
        return len(self._save(Saved(self.first.id, Progress(last), is_released=True)))

    def hurried_save(self):
        self.store.deliveries.hurry(self.queue, named(self.first.id))
        held = self._save(Saved(self.first.id, Progress(self.notices[0].last)))
        return [each.is_hurried for each in held.values()]

    def lease(self):
        return [each.subscription.subscriber for each in lease(self.store, self.queue)]

    def trim(self):
        self.store.subscriptions.delete_all(self.queue)
        self.clock.move(90)
        return lease(self.store, self.queue)

    def close(self) -> None:
        """Leave nothing for others."""
        self.store.subscriptions.delete_all(self.queue)
        self.clock.move(90)
        lease(self.store, self.queue)
        self.store.records.delete(self.queue)


ALL = [(A, 1), (A, 2), (B, 0), (B, 1), (B, 2)]


@dataclasses.dataclass(frozen=True)
class Act:
    """Something that is done, and what is delivered afterwards, and what is in the queue."""

    do: Callable[[Scene], object]
    told: list[tuple[str, int]] = dataclasses.field(default_factory=lambda: ALL)
    left: list[int] = dataclasses.field(default_factory=lambda: [0, 1, 2])


ACTS = {
    "post": Act(Scene.post, sorted([*ALL, (A, 3), (A, 4), (B, 3), (B, 4)]), [0, 1, 2, 3, 4]),
    "address": Act(Scene.address, sorted([*ALL, (A, 9)])),
    "subscribe": Act(Scene.subscribe),
    "subscribe again": Act(Scene.subscribe_again),
    "subscribe in a place": Act(Scene.subscribe_in_the_place_of_one_that_ended, [(A, 1), (A, 2)], []),
    "replace": Act(Scene.replace, [(A, 1), (A, 2), (C, 0), (C, 1), (C, 2)]),
    "get": Act(lambda s: s.store.subscriptions.get(s.queue, named(s.first.id)).subscriber),
    "list": Act(lambda s: len(s.store.subscriptions.list(s.queue, marker=None, limit=10))),
    "delete": Act(lambda s: s.store.subscriptions.delete(s.queue, named(s.second.id)), [(A, 1), (A, 2)]),
    "delete all": Act(lambda s: s.store.subscriptions.delete_all(s.queue), []),
    "lease": Act(Scene.lease),
    "notices": Act(lambda s: len(noticed(s.store, s.queue))),
    "save": Act(Scene.save, [(B, 0), (B, 1), (B, 2)]),
    "release": Act(Scene.release, [(B, 0), (B, 1), (B, 2)]),
    "hurry": Act(Scene.hurried_save),
    "trim": Act(Scene.trim, []),
    "standing": Act(lambda s: standing(s.store, s.queue, s.first).pending),
    "sources": Act(lambda s: s.queue in s.store.deliveries.sources()),
    "sweep": Act(lambda s: s.store.sweep() * 0),
    "purge": Act(lambda s: s.store.records.purge(s.queue), ALL, []),
}


class OutboxStage(Stage):
    """The same with another scene."""

    @contextlib.contextmanager
    def scene(self) -> Iterator[Scene]:
        scene = Scene(self.store, self.clock)
        yield scene
        scene.close()

    def undisturbed(self, act):
        with self.scene() as scene, self.database.watched():
            return act.do(scene), self.database.sent


@pytest.fixture(scope="module")
def stage(server) -> Iterator[OutboxStage]:
    with fresh_name(server.uri) as name:
        stage = OutboxStage(server.uri, name)
        with contextlib.closing(stage.store):
            yield stage


def check(scene: Scene, act: Act, number: int) -> None:
    """See that what is to be delivered is, once, and in the queue what should be."""
    assert numbers(everything(scene.store, scene.queue)) == act.left, number
    scene.clock.move(4)
    posted = noticed_ids(scene.store, scene.queue)
    assert len(posted) == len(set(posted)), number
    assert sorted(deliver_all(scene.store, scene.queue)) == act.told, number
    scene.clock.move(4)
    assert deliver_all(scene.store, scene.queue) == [], number
    assert noticed(scene.store, scene.queue) == [], number


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ACTS)
def test_a_failure_at_any_command_is_not_seen_by_the_caller(stage, name, fault):
    act = ACTS[name]
    answer, count = stage.undisturbed(act)

    for number in range(count):
        with stage.scene() as scene:
            with stage.database.watched(fault, failing=range(number, number + 1)):
                assert act.do(scene) == answer, number
            check(scene, act, number)


@pytest.mark.parametrize("fault", [answer_lost, half_done])
@pytest.mark.parametrize("name", [name for name in ACTS if name != "sweep"])  # which has as much to do as others left
def test_what_an_outage_broke_off_can_be_done_again(stage, monkeypatch, name, fault):
    act = ACTS[name]
    _, count = stage.undisturbed(act)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    for number in range(count):
        with stage.scene() as scene:
            with pytest.raises(Unavailable), stage.database.watched(fault, failing=range(number, FOREVER)):
                act.do(scene)
            act.do(scene)
            check(scene, act, number)
