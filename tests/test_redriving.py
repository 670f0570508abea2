"""What takes the steps of redrives: whose turn it is, how fast, and what becomes of them when something fails."""

import contextlib
import itertools
import logging

import pytest

from tests.builders import queue_key
from tests.redriving_world import STEP, World
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import RedriveTerms
from zaqar.redriving import LOOK_INTERVAL, MOST_MESSAGES, REST


@pytest.fixture
def world():
    return World()


def test_a_redrive_is_stepped_until_it_has_ended(world):
    queue = queue_key()
    world.redrives.add(queue, 62)

    world.run(5)

    assert [limit for _, limit, _ in world.steps()] == [MOST_MESSAGES] * 3
    assert world.redrives.known[queue].state == "done"
    assert len(world.redrives.holders) == 1


def test_two_redrivers_have_names_of_their_own(world):
    queue, other = queue_key(), World()
    for one in (world, other):
        one.redrives.add(queue, 1)
        one.run(1)

    assert world.redrives.holders.isdisjoint(other.redrives.holders)


def test_others_have_the_store_for_three_times_as_long_as_a_step_took(world):
    world.redrives.add(queue_key(), 250)
    world.redrives.add(queue_key(), 250)

    world.run(3)

    starts = [start for _, _, start in world.steps()]
    assert all(later - earlier > 0.199 for earlier, later in itertools.pairwise(starts))
    assert len(starts) == 15


def test_several_redrives_take_turns(world):
    queues = [queue_key() for _ in range(3)]
    for queue in queues:
        world.redrives.add(queue, 250)

    world.run(1.7)

    order = [queue for queue, _, _ in world.steps()]
    assert set(order[:3]) == set(queues)
    assert order[3:6] == order[6:9] == order[:3]


@pytest.mark.parametrize(("rate", "limit"), [(1, 1), (3, 1), (40, 10), (80, 20), (100_000, 25)])
def test_a_rate_is_kept_with_steps_that_fit_it(world, rate, limit):
    world.redrives.add(queue_key(), 1_000_000, rate=rate)

    world.run(10)

    (redrive,) = world.redrives.known.values()
    fastest = MOST_MESSAGES / (STEP * (1 + REST))
    assert {most for _, most, _ in world.steps()} == {limit}
    assert redrive.moved <= rate * 10 + limit
    assert redrive.moved >= min(rate, fastest) * 10 * 0.9


def test_a_slow_redrive_does_not_keep_others_waiting(world):
    slow, fast = queue_key(), queue_key()
    world.redrives.add(slow, 250, rate=1)
    world.redrives.add(fast, 250)

    world.run(4)

    assert world.redrives.known[fast].state == "done"
    assert len(world.steps(slow)) in (3, 4)


def test_what_another_moved_is_not_held_against_the_rate(world):
    queue = queue_key()
    world.redrives.add(queue, 250, rate=1)
    world.redriver.turn()
    world.redrives.replace(queue, moved=500)
    world.run(1.5)
    before = len(world.steps())

    world.run(3)

    assert len(world.steps()) - before in (2, 3)


def test_one_that_replaces_a_cancelled_one_goes_by_its_own_terms(world):
    queue = queue_key()
    world.redrives.add(queue, 250)
    world.run(0.3)
    world.redrives.replace(queue, id="f" * 30, terms=RedriveTerms(rate=4), moved=0)
    world.run(1)
    before = world.redrives.known[queue].moved

    world.run(100)

    assert world.redrives.known[queue].moved - before <= 401


def test_whoever_holds_it_goes_on_and_is_followed_when_he_is_gone(world):
    queue = queue_key()
    world.redrives.add(queue, 10)
    world.redrives.others.add(queue)
    world.run(3.5)
    assert len(world.steps()) in (3, 4)

    world.redrives.others.clear()
    world.run(LOOK_INTERVAL + 0.5)

    assert world.redrives.known[queue].state == "done"


def test_a_queue_that_is_missing_is_made_and_the_step_repeated(world):
    queue, missing = queue_key(), [queue_key(), queue_key(kind="topic")]
    world.redrives.add(queue, 10)
    world.redrives.missing |= set(missing)

    world.run(0.9)

    assert sorted(world.made) == sorted(missing)
    assert world.redrives.known[queue].moved == 10


def test_it_is_looked_for_redrives_each_second(world):
    world.run(5.5)

    assert world.redrives.looks in (5, 6)


def test_who_is_told_of_one_looks_at_once(world):
    queue = queue_key()
    world.redriver.turn()
    world.redrives.add(queue, 10)
    assert world.redriver.turn() > 0.9
    assert world.steps() == []

    world.redriver.tell()
    world.redriver.turn()

    assert len(world.steps()) == 1


def test_who_is_hurried_does_not_step_before_its_time(world):
    world.redrives.add(queue_key(), 250)
    world.redriver.turn()

    world.redriver.tell()

    assert world.redriver.turn() == pytest.approx(REST * STEP)
    assert len(world.steps()) == 1


def test_a_store_that_is_away_is_waited_for_and_told_of_once(world, caplog):
    caplog.set_level(logging.WARNING)
    queue = queue_key()
    world.redrives.add(queue, 75)
    world.redriver.turn()
    world.redrives.is_away = True
    world.run(5)
    assert len(world.steps()) == 1
    told = len(caplog.records)
    assert told <= 2  # of the step, and of the look after it

    world.run(5)
    assert len(caplog.records) == told
    world.redrives.is_away = False
    world.run(3)

    assert world.redrives.known[queue].state == "done"
    assert len(caplog.records) == 2 * told


def test_where_one_part_of_the_store_is_away_the_other_redrives_go_on(world, caplog):
    caplog.set_level(logging.WARNING)
    away, queue = queue_key(), queue_key()
    world.redrives.add(away, 75)
    world.redrives.add(queue, 250)
    world.redrives.failing[away] = Unavailable("It is away.")
    world.run(15)
    assert world.redrives.known[queue].state == "done"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]

    del world.redrives.failing[away]
    world.run(5)

    assert world.redrives.known[away].state == "done"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2


def test_one_whose_queue_cannot_be_made_lets_the_others_go_on(world):
    stuck, queue = queue_key(), queue_key()
    world.redrives.add(stuck, 75)
    world.redrives.add(queue, 75)
    world.redrives.failing[stuck] = QueueNotFound(queue_key())

    world.run(5)

    assert world.redrives.known[queue].state == "done"


def test_one_that_ends_in_a_mistake_does_not_keep_others_from_their_turns(world):
    broken, other = queue_key(), queue_key()
    world.redrives.add(broken, 250)
    world.redrives.add(other, 75)
    world.redrives.broken.add(broken)

    for _ in range(10):
        with contextlib.suppress(ValueError):
            world.run(3)
        world.redrives.time += LOOK_INTERVAL

    assert world.redrives.known[other].state == "done"
    assert len(world.steps(broken)) > 3


def test_the_end_is_one_line_in_the_log(world, caplog):
    caplog.set_level(logging.INFO)
    queue = queue_key()
    world.redrives.add(queue, 150)
    world.redrives.replace(queue, skipped=7)

    world.run(2)

    (line,) = [record.getMessage() for record in caplog.records]
    assert f"queue {queue.name} of" in line
    assert "is done: 150 messages moved, 7 skipped." in line


def test_the_end_of_a_cancelled_one_is_told_by_who_stepped_it(world, caplog):
    caplog.set_level(logging.INFO)
    ours, anothers = queue_key(), queue_key()
    for queue in (ours, anothers):
        world.redrives.add(queue, 250)
    world.redrives.others.add(anothers)
    world.run(0.5)

    for queue in (ours, anothers):
        world.redrives.replace(queue, state="cancelled")
    world.run(2)

    (line,) = [record.getMessage() for record in caplog.records]
    assert ours.name in line
    assert "is cancelled: 50 messages moved" in line


def test_those_who_deliver_are_told_of_what_was_left_for_subscriptions(world):
    source = queue_key(kind="topic")
    world.deliveries.queues = [source]
    world.redrives.add(queue_key(), 50)

    world.run(0.5)

    assert source in world.told


def test_while_much_is_left_they_are_told_now_and_then(world):
    world.deliveries.queues = [queue_key()]
    world.redrives.add(queue_key(), 1250)

    world.run(20)

    assert 50 / 3 <= len(world.told) <= 40


@pytest.mark.parametrize("terms", [{"to": "other"}, {"is_dry_run": True}])
def test_where_nothing_can_be_left_nobody_is_told(world, terms):
    world.deliveries.queues = [queue_key()]
    world.redrives.add(queue_key(), 500, **terms)

    world.run(3)

    assert world.told == []


def test_after_stop_no_step_begins(world):
    world.redrives.add(queue_key(), 250)
    world.redriver.turn()

    world.redriver.stop()
    world.run(3)

    assert len(world.steps()) == 1


def test_its_task_runs_it_until_it_is_stopped(world):
    world.redrives.add(queue_key(), 250)
    task = world.redriver.task
    task.start()
    is_stepped = world.redrives.has_stepped.wait(10)

    world.redriver.stop()
    task.stop()

    assert is_stepped
    assert not task.is_running
