"""A primary that steps down at any command of any operation: nothing is lost, nothing done twice.

Once with one failure, of which the caller must see nothing; once with an outage that begins there, after which the caller
does again what was not acknowledged.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import PRODUCER, claim, everything, listed, numbers, post
from tests.parts import OpenStore, opened_with
from tests.storage.mongodb.interruptions import FAULTS, Interrupted, answer_lost, half_done, refused
from tests.storage.mongodb.opening import fresh_name
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import Claim, DeadLetterRule, Message, Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages.scope import scope_of
from zaqar.storage.mongodb.messages.statistics import recount
from zaqar.storage.mongodb.messages.store import Parts
from zaqar.storage.mongodb.schema import MESSAGE_STORE
from zaqar.storage.mongodb.server.address import Tls, parse
from zaqar.storage.mongodb.server.opening import connect

FOREVER = 10**6
ALL = list(range(8))


class Scene:
    """A queue of eight messages, the first two claimed, the last delayed; and a dead-letter queue."""

    def __init__(self, store: OpenStore, clock: MovableClock) -> None:
        self.store, self.clock, self.token = store, clock, new_token()
        self.queue = queue_key()
        self.dead = queue_key(project=self.queue.project)
        for queue in (self.queue, self.dead):
            store.records.create(queue)
        self.ids = post(store, self.queue, *numbered_messages(7), *numbered_messages(1, first=7, delay=60))
        self.held = claim(store, self.queue, limit=2)
        self.has_moved = False
        store.parts.writer.write_all()
        # Counted once, so that the sweep counts again only where it has a reason.
        session = store.parts.session
        recount(session, session.records.find(scope_of(self.queue)), clock.now())

    def move(self, seconds: int) -> None:
        """Move the clock, the first time."""
        self.clock.move(0 if self.has_moved else seconds)
        self.has_moved = True

    def post(self):
        return self.store.messages.post(
            self.queue, numbered_messages(3, first=10), client_id=PRODUCER, token=self.token
        ).ids

    def claim_worn(self):
        """Claim beside what was claimed too often."""
        self.move(301)
        return claim(self.store, self.queue, limit=2, dead_letter=dead_letter_rule(self.dead))

    def claim_discarding(self):
        """Claim likewise, and throw those away."""
        self.move(301)
        return claim(self.store, self.queue, limit=2, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))

    def expire(self):
        self.move(4000)
        self.store.sweep()

    def end_delay(self):
        self.move(60)
        return listed(self.store, self.queue)

    def renew(self):
        """Renew the claim, and wait until it would have ended."""
        self.store.claims.renew(self.queue, named(self.held.id), ttl=900, grace=60)
        self.move(600)
        return listed(self.store, self.queue)

    def end(self):
        """Delete the queue and make it anew."""
        self.store.records.delete(self.queue)
        with pytest.raises(QueueNotFound):
            post(self.store, self.queue, new_message())
        self.store.records.create(self.queue)

    def close(self):
        """Leave nothing for others to sweep."""
        for queue in (self.queue, self.dead):
            self.store.records.delete(queue)
        self.clock.move(2)


@dataclasses.dataclass(frozen=True)
class Act:
    """Something that is done, and which messages are there afterwards."""

    do: Callable[[Scene], object]
    left: list[int] = dataclasses.field(default_factory=lambda: ALL)
    dead: list[int] = dataclasses.field(default_factory=list)
    seconds: int = 1000
    """After which every claim has ended."""
    later: list[int] | None = None
    """What is left then, if not the same."""
    discarded: int = 0
    """How many were thrown away."""


ACTS = {
    "post": Act(Scene.post, [*ALL, 10, 11, 12]),
    "list": Act(lambda s: listed(s.store, s.queue)),
    "end of a delay": Act(Scene.end_delay),
    "get": Act(lambda s: s.store.messages.get(s.queue, parse_ids(s.ids))),
    "stats": Act(lambda s: s.store.records.stats(s.queue)),
    "claim": Act(lambda s: claim(s.store, s.queue, limit=3)),
    "claim with grace": Act(
        lambda s: claim(s.store, s.queue, limit=3, ttl=3601, grace=600), seconds=3601, later=[2, 3, 4]
    ),
    "claim of dead letters": Act(Scene.claim_worn, ALL[2:], ALL[:2]),
    "claim that throws away": Act(Scene.claim_discarding, ALL[2:], discarded=2),
    "get claim": Act(lambda s: s.store.claims.get(s.queue, named(s.held.id))),
    "renew": Act(Scene.renew),
    "release": Act(lambda s: s.store.claims.release(s.queue, named(s.held.id))),
    "delete": Act(lambda s: s.store.messages.delete(s.queue, named(s.ids[5]), claim_id=None), [0, 1, 2, 3, 4, 6, 7]),
    "delete with claim": Act(
        lambda s: s.store.messages.delete(s.queue, named(s.ids[0]), claim_id=named(s.held.id)), ALL[1:]
    ),
    "delete many": Act(
        lambda s: s.store.messages.delete_many(s.queue, parse_ids(s.ids[1:4]), claim_ids=None), [0, *ALL[4:]]
    ),
    "delete held": Act(
        lambda s: s.store.messages.delete_many(s.queue, parse_ids(s.ids[:2]), claim_ids=parse_ids([s.held.id])), ALL[2:]
    ),
    "purge": Act(lambda s: s.store.records.purge(s.queue), []),
    "delete queue": Act(Scene.end, []),
    "create queue": Act(lambda s: s.store.records.create(s.queue)),
    "sweep": Act(Scene.expire, []),
}


class Stage:
    """A store whose commands can be made to fail."""

    def __init__(self, uri: str, name: str) -> None:
        self.clock = MovableClock()
        address = parse(uri, tls=Tls(), retry_deadline=3.0)
        self.database = Interrupted(
            lambda: connect(address), name, indexes=MESSAGE_STORE, deadline=3.0, attempts=10, first_pause=0.001
        )
        self.store = opened_with(Parts(self.database, self.clock, place=name))

    @contextlib.contextmanager
    def scene(self) -> Iterator[Scene]:
        """Give a scene of its own to each attempt."""
        scene = Scene(self.store, self.clock)
        yield scene
        scene.close()

    def undisturbed(self, act: Act) -> tuple[object, int]:
        """Return what an operation answers, and how many commands it takes."""
        with self.scene() as scene, self.database.watched():
            result = shape(act.do(scene))
            return result, self.database.sent


@pytest.fixture(scope="module")
def stage(server) -> Iterator[Stage]:
    with fresh_name(server.uri) as name:
        stage = Stage(server.uri, name)
        with contextlib.closing(stage.store):
            yield stage


def shape(result: object) -> object:
    """Return what is the same whenever an operation is done."""
    match result:
        case Claim():
            return shape(list(result.messages)), result.ttl
        case list():
            return [(each.body, each.claim_count, each.ttl) if isinstance(each, Message) else None for each in result]
        case Stats():
            return result.claimed, result.total
    return None


def check_later(scene: Scene, act: Act) -> None:
    """See that when every claim has ended the messages are there that should be, and counted, and can be claimed."""
    store, queue, left = scene.store, scene.queue, act.left if act.later is None else act.later
    scene.clock.move(act.seconds)
    for _ in range(2):
        scene.clock.move(90)
        store.sweep()
    assert (store.records.stats(queue).claimed, store.records.stats(queue).total) == (0, len(left))
    assert store.records.stats(queue).discarded == act.discarded
    assert store.records.stats(scene.dead).total == len(act.dead)
    assert numbers(listed(store, scene.dead)) == act.dead
    assert numbers(listed(store, queue)) == numbers(everything(store, queue)) == left
    assert numbers(claim(store, queue, limit=100).messages) == left


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ACTS)
def test_a_failure_at_any_command_is_not_seen_by_the_caller(stage, name, fault):
    """W-M15."""
    act = ACTS[name]
    answer, count = stage.undisturbed(act)

    for number in range(count):
        with stage.scene() as scene:
            with stage.database.watched(fault, failing=range(number, number + 1)):
                result = shape(act.do(scene))

            assert result == answer, number
            assert numbers(everything(stage.store, scene.queue)) == act.left, number
            check_later(scene, act)


@pytest.mark.parametrize("fault", [answer_lost, half_done])
@pytest.mark.parametrize("name", [name for name, act in ACTS.items() if act.later is None])
def test_what_an_outage_broke_off_can_be_done_again(stage, monkeypatch, name, fault):
    act = ACTS[name]
    _, count = stage.undisturbed(act)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    for number in range(count):
        with stage.scene() as scene:
            with pytest.raises(Unavailable), stage.database.watched(fault, failing=range(number, FOREVER)):
                act.do(scene)

            act.do(scene)

            assert set(numbers(everything(stage.store, scene.queue))) <= set(act.left), number
            check_later(scene, act)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_pop_gives_what_it_takes_at_whatever_command_it_fails(stage, fault):
    pop = Act(lambda s: s.store.messages.pop(s.queue, limit=3))
    _, count = stage.undisturbed(pop)

    for number in range(count):
        with stage.scene() as scene:
            with stage.database.watched(fault, failing=range(number, number + 1)):
                popped = numbers(pop.do(scene))

            assert popped == [2, 3, 4], number
            check_later(scene, Act(pop.do, [0, 1, 5, 6, 7]))


def test_a_pop_broken_off_by_an_outage_loses_nothing(stage, monkeypatch):
    pop = Act(lambda s: s.store.messages.pop(s.queue, limit=3))
    _, count = stage.undisturbed(pop)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    for number in range(count):
        with stage.scene() as scene:
            with pytest.raises(Unavailable), stage.database.watched(refused, failing=range(number, FOREVER)):
                pop.do(scene)

            check_later(scene, pop)
