"""How far a subscription is: what is said to be done, and what a crash would repeat."""

from tests.notification.builders import noticed
from zaqar.models import Failing, Notice, Progress
from zaqar.notification.course import Course

TOKEN = "0" * 16


def notice(first, count=1):
    return Notice(first, TOKEN, 0, [noticed()] * count)


def begun(course, *notices):
    """Open notices, each of whose lanes is at work."""
    lanes = [course.open(one) for one in notices]
    for lane in lanes:
        lane.is_busy = True
    return lanes


def deliver(course, lane):
    course.delivered(lane.position, TOKEN, attempts=1, at=0, answer="status 200")
    lane.is_busy = False
    course.advance(lane)


def fail(course, lane, next_ms=1000):
    course.fail(Failing(lane.position, TOKEN, 1, next_ms, "status 500"))
    lane.is_busy = False
    course.advance(lane)


def test_high_waits_for_the_slowest_of_what_is_under_way():
    course = Course(Progress(100))
    first, second, third = begun(course, notice(101), notice(102), notice(103))

    deliver(course, third)
    deliver(course, second)
    assert course.high == 100
    deliver(course, first)
    assert course.high == 103


def test_a_notice_is_gone_on_with_behind_what_was_attempted_of_it():
    course = Course(Progress(102))

    assert course.open(notice(101, 5)).position == 103


def test_what_an_earlier_lease_has_ended_with_is_not_attempted_again():
    course = Course(Progress(100), is_certain=False)
    (first,) = begun(course, notice(101, 3))
    deliver(course, first)
    deliver(course, first)

    following = Course(course.snapshot().progress)
    assert following.high == 100
    assert following.open(notice(101, 3)).position == 103
    assert Course(following.snapshot().progress).open(notice(101, 2)) is None


def test_what_failed_behind_what_is_under_way_is_not_said_to_be_done():
    course = Course(Progress(100))
    first, second = begun(course, notice(101), notice(102))
    fail(course, second)

    assert course.snapshot().progress.failing == []
    fail(course, first)
    assert [one.position for one in course.snapshot().progress.failing] == [101, 102]
    assert course.snapshot().progress.high == 102


def test_what_is_unsaved_is_what_was_attempted_since_and_what_is_under_way():
    course = Course(Progress(100))
    first, second, third = begun(course, notice(101), notice(102), notice(103))
    deliver(course, first)
    deliver(course, third)
    assert course.unsaved == 3

    snapshot = course.snapshot()
    course.saved(snapshot, is_certain=True)
    assert course.unsaved == 2
    assert not course.has_unsaved
    assert course.has_gaps
    deliver(course, second)
    course.saved(course.snapshot(), is_certain=True)
    assert course.unsaved == 0


def test_what_comes_during_a_save_stays_unsaved():
    course = Course(Progress(100, failing=[Failing(90, TOKEN, 1, 0, "")]))
    (lane,) = begun(course, notice(101, 2))
    deliver(course, lane)
    snapshot = course.snapshot()
    course.delivered(90, TOKEN, attempts=2, at=0, answer="")
    course.saved(snapshot, is_certain=True)

    assert course.unsaved == 1
    assert course.has_unsaved


def test_there_is_room_as_long_as_all_under_way_could_fail():
    course = Course(Progress(100, failing=[Failing(at, TOKEN, 1, 0, "") for at in range(18)]))
    begun(course, notice(101))
    assert course.has_room
    begun(course, notice(102))
    assert not course.has_room
    assert not course.is_full


def test_the_longest_due_is_tried_first_and_never_twice_at_a_time():
    course = Course(
        Progress(
            100, failing=[Failing(1, TOKEN, 1, 30, ""), Failing(2, TOKEN, 1, 20, ""), Failing(3, TOKEN, 1, 99, "")]
        )
    )

    assert course.due(50).position == 2
    course.retrying.add(2)
    assert course.due(50).position == 1
    course.retrying.add(1)
    assert course.due(50) is None
    assert course.wakes_ms() == 20


def test_hurry_makes_everything_due_and_changes_nothing_else():
    course = Course(Progress(100, failing=[Failing(1, TOKEN, 7, 30_000, "status 500")]))
    course.hurry(10)

    assert course.failing[1] == Failing(1, TOKEN, 7, 10, "status 500")


def test_outcomes_are_the_latest_fifty():
    course = Course(Progress(0))
    for position in range(1, 61):
        course.give_up(position, TOKEN, attempts=0, at=0, reason="expired")

    progress = course.snapshot().progress
    assert len(progress.outcomes) == 50
    assert progress.outcomes[-1].message_id.startswith(f"{60:014x}")
    assert progress.given_up == 60


def test_what_is_passed_over_on_the_word_of_a_lease_is_said_after_a_second_word():
    course = Course(Progress(100), is_certain=False)
    course.cursor = 150
    first = course.snapshot()
    assert first.progress.high == 100

    course.cursor = 160
    course.saved(first, is_certain=True)
    assert course.snapshot().progress.high == 150


def test_without_that_word_nothing_was_passed_over():
    course = Course(Progress(100), is_certain=False)
    course.cursor = 150
    course.saved(course.snapshot(), is_certain=False)

    assert course.snapshot().progress.high == 100
