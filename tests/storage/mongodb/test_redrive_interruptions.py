"""A primary that steps down, or a process that dies, at any command of a redrive: nothing is lost, nothing comes back twice."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator

import pytest

from tests.storage.mongodb.interruptions import FAULTS, answer_lost, half_done
from tests.storage.mongodb.opening import fresh_name, opened
from tests.storage.mongodb.redriven import ALL_BACK, NOTHING_BACK, OTHER, Scene
from tests.storage.mongodb.test_interruptions import FOREVER, Stage
from zaqar.errors import Unavailable
from zaqar.storage.ids import named

NOWHERE = {"dead": [], "source": [], "topic": [], "redelivered": []}


class RunningScene(Scene):
    """The same with a redrive that is running."""

    def __init__(self, *arguments, **terms) -> None:
        super().__init__(*arguments, **terms)
        self.made = self.begin()

    def told(self):
        found = self.store.redrives.get(self.dead)
        return found and (found.state, found.moved, found.skipped)

    def step_once(self):
        self.step()
        return self.told()

    def cancel(self):
        self.store.redrives.cancel(self.dead, named(self.made.id))
        return self.told()

    def purge(self):
        self.store.records.purge(self.dead)
        return self.told()

    def delete(self):
        self.store.records.delete(self.dead)
        self.store.records.create(self.dead)
        return self.told()


@dataclasses.dataclass(frozen=True)
class Act:
    """Something that is done, and what is where when the redrive has ended afterwards."""

    do: Callable[[RunningScene], object]
    places: dict[str, list[int]] = dataclasses.field(default_factory=lambda: ALL_BACK)
    terms: dict[str, object] = dataclasses.field(default_factory=dict)


ACTS = {
    "step": Act(RunningScene.step_once),
    "step with a limit": Act(RunningScene.step_once, ALL_BACK, {"limit": 5}),
    "dry step": Act(RunningScene.step_once, NOTHING_BACK, {"is_dry_run": True}),
    "get": Act(RunningScene.told),
    "running": Act(lambda s: s.dead in s.store.redrives.running()),
    "cancel": Act(RunningScene.cancel, NOTHING_BACK),
    "purge": Act(RunningScene.purge, NOWHERE),
    "deletion": Act(RunningScene.delete, NOWHERE),
}


class RedriveStage(Stage):
    """The same with another scene."""

    @contextlib.contextmanager
    def scene(self, make=RunningScene, **terms) -> Iterator[RunningScene]:
        scene = make(self.store, self.clock, **terms)
        yield scene
        scene.close()

    def undisturbed(self, act):
        with self.scene(**act.terms) as scene, self.database.watched():
            return act.do(scene), self.database.sent


@pytest.fixture(scope="module")
def place(server) -> Iterator[str]:
    with fresh_name(server.uri) as name:
        yield name


@pytest.fixture(scope="module")
def stage(server, place) -> Iterator[RedriveStage]:
    stage = RedriveStage(server.uri, place)
    with contextlib.closing(stage.store):
        yield stage


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ACTS)
def test_a_failure_at_any_command_is_not_seen_by_the_caller(stage, name, fault):
    act = ACTS[name]
    answer, count = stage.undisturbed(act)

    for number in range(count):
        with stage.scene(**act.terms) as scene:
            with stage.database.watched(fault, failing=range(number, number + 1)):
                assert act.do(scene) == answer, number
            if scene.told() is not None:
                scene.end()
            assert scene.places() == act.places, number


@pytest.mark.parametrize("fault", FAULTS)
def test_a_failure_while_one_begins_is_not_seen_by_the_caller(stage, fault):
    with stage.scene(Scene) as scene, stage.database.watched():
        scene.begin()
        count = stage.database.sent

    for number in range(count):
        with stage.scene(Scene) as scene:
            with stage.database.watched(fault, failing=range(number, number + 1)):
                made = scene.begin()
            assert scene.store.redrives.get(scene.dead) == made, number
            assert scene.end().moved == 5, number


@pytest.mark.parametrize("fault", [answer_lost, half_done])
@pytest.mark.parametrize("name", ["step", "step with a limit", "dry step", "purge", "deletion"])
def test_what_an_outage_broke_off_can_be_done_again(stage, monkeypatch, name, fault):
    act = ACTS[name]
    _, count = stage.undisturbed(act)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    for number in range(count):
        with stage.scene(**act.terms) as scene:
            with pytest.raises(Unavailable), stage.database.watched(fault, failing=range(number, FOREVER)):
                act.do(scene)
            act.do(scene)
            if scene.told() is not None:
                scene.end()
            check_each_once(scene, act, number)


@pytest.mark.parametrize("fault", [answer_lost, half_done])
@pytest.mark.parametrize("seconds", [4, 40])
@pytest.mark.parametrize("limit", [None, 2])
def test_another_process_goes_on_where_one_has_died(stage, server, place, monkeypatch, limit, seconds, fault):
    """After its lease, before or after its moves may be finished by others."""
    act = Act(RunningScene.step_once, terms={"limit": limit})
    _, count = stage.undisturbed(act)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    with opened(server.uri, place, stage.clock) as survivor:
        for number in range(count):
            with stage.scene(**act.terms) as scene:
                with pytest.raises(Unavailable), stage.database.watched(fault, failing=range(number, FOREVER)):
                    act.do(scene)
                scene.clock.move(seconds)
                scene.store = survivor

                scene.step(holder=OTHER)

                found = scene.end(holder=OTHER)
                check_each_once(scene, act, number)
                arrived = 6 - len(scene.places()["dead"])
                assert found.state == "done", number
                assert arrived <= found.moved <= (limit or arrived + 5), number
                scene.store = stage.store


@pytest.mark.parametrize("fault", [answer_lost, half_done])
def test_the_sweep_alone_lets_nothing_stay_on_its_way(stage, server, place, monkeypatch, fault):
    act = ACTS["step"]
    _, count = stage.undisturbed(act)
    monkeypatch.setattr(stage.database, "retry", dataclasses.replace(stage.database.retry, attempts=1))

    with opened(server.uri, place, stage.clock) as survivor:
        for number in range(count):
            with stage.scene(**act.terms) as scene:
                with pytest.raises(Unavailable), stage.database.watched(fault, failing=range(number, FOREVER)):
                    act.do(scene)
                scene.clock.move(40)
                survivor.sweep()

                found = stage.database.messages.count_documents({"state": "leaving"})
                assert found == 0, number
                check_each_once(scene, act, number)


def check_each_once(scene, act, number):
    """See that each message is in one place."""
    places = scene.places()
    everywhere = sorted(body for bodies in places.values() for body in bodies)
    if act.places is NOWHERE:
        assert places["dead"] == [], number
        assert len(everywhere) == len(set(everywhere)), number
    else:
        assert everywhere == [0, 1, 2, 3, 4, 5], (number, places)
    assert set(places["source"]) <= {0, 1}, number
    assert set(places["topic"]) <= {5}, number
    assert set(places["redelivered"]) <= {3, 4}, number
