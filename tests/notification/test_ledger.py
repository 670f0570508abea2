import logging

import pytest

from tests.notification.builders import noticed
from zaqar.models import Notice, Progress
from zaqar.notification.counters import Counters
from zaqar.notification.course import Course
from zaqar.notification.ledger import BETWEEN_MS, MOST_LINES, Ledger

FLOOD = 500


@pytest.fixture
def said(caplog):
    """Return what returns the lines of the log."""
    caplog.set_level(logging.INFO, logger="zaqar.notification.ledger")
    return lambda: caplog.messages


class Time:
    """Milliseconds, moved by hand."""

    now_ms = 1_800_000_000_000


def ledger():
    Time.now_ms = 1_800_000_000_000
    return Ledger("id", Course(Progress(0)), Counters(), lambda: Time.now_ms)


def fail(ledger, number):
    """Fail one message after the other, each for good."""
    for position in range(1, number + 1):
        notice = Notice(position, "0" * 16, 0, [noticed()])
        ledger.attempt_failed(notice, position, attempts=1, answer="status 500")
        ledger.gave_up(notice.token, position, attempts=1, reason="status 500")


def test_a_few_failures_have_a_line_each(said):
    fail(ledger(), MOST_LINES // 2)

    assert len(said()) == MOST_LINES


def test_a_flood_of_failures_is_said_in_a_few_lines_that_count_all_of_them(said):
    told = ledger()

    fail(told, FLOOD)
    Time.now_ms += BETWEEN_MS
    told.say()

    assert len(said()) == MOST_LINES + 2
    more = FLOOD - MOST_LINES // 2
    assert said()[-2:] == [
        f"subscription id: {more} more attempts failed: status 500",
        f"subscription id: {more} more messages were given up: status 500",
    ]


def test_a_second_later_failures_have_lines_of_their_own_again(said):
    told = ledger()
    fail(told, FLOOD)
    Time.now_ms += BETWEEN_MS
    told.say()
    before = len(said())

    fail(told, 1)

    assert len(said()) == before + 2


def test_saves_that_come_one_after_the_other_make_no_more_lines(said):
    told = ledger()

    for _ in range(FLOOD):
        fail(told, 1)
        told.say()

    assert len(said()) == MOST_LINES


def test_what_is_unsaid_at_the_end_is_said_then(said):
    told = ledger()
    fail(told, FLOOD)

    told.close()

    assert len(said()) == MOST_LINES + 2
