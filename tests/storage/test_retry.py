"""The loop in which networked stores try again."""

import dataclasses

import pytest

from zaqar.storage.retry import Retry


class _Failed(Exception):
    """What the loop is about."""


RETRY = Retry(failure=_Failed, deadline=60.0, attempts=3, first_pause=0.0, longest_pause=0.0)


class _Server:
    """Fails so many times, then answers."""

    def __init__(self, failures: int, error: type[Exception] = _Failed) -> None:
        self.asked = 0
        self._failures = failures
        self._error = error

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self._failures:
            raise self._error(self.asked)
        return "answer"


def _always(failed: _Failed) -> bool:
    return True


def test_what_does_not_fail_is_done_once():
    server = _Server(0)

    assert RETRY.run(server, may_be_repeated=_always) == "answer"
    assert server.asked == 1


def test_it_is_tried_again_as_often_as_was_said():
    server = _Server(3)

    assert RETRY.run(server, may_be_repeated=_always) == "answer"
    assert server.asked == 4


def test_then_the_last_failure_is_raised():
    server = _Server(10)

    with pytest.raises(_Failed, match="4"):
        RETRY.run(server, may_be_repeated=_always)
    assert server.asked == 4


def test_a_first_attempt_that_was_made_already_counts():
    server = _Server(10)

    with pytest.raises(_Failed, match="3"):
        RETRY.again(_Failed(0), server, may_be_repeated=_always)
    assert server.asked == 3


def test_what_may_not_be_repeated_is_not_and_each_failure_is_judged():
    server, judged = _Server(10), []

    with pytest.raises(_Failed, match="2"):
        RETRY.run(server, may_be_repeated=lambda failed: judged.append(failed.args) or len(judged) < 2)
    assert judged == [(1,), (2,)]
    assert server.asked == 2


def test_a_failure_of_another_kind_is_raised_at_once():
    server = _Server(1, KeyError)

    with pytest.raises(KeyError):
        RETRY.run(server, may_be_repeated=_always)
    assert server.asked == 1


def test_no_attempt_begins_behind_the_deadline():
    server = _Server(10)

    with pytest.raises(_Failed, match="1"):
        dataclasses.replace(RETRY, deadline=-1.0).run(server, may_be_repeated=_always)
    assert server.asked == 1


def test_no_pause_goes_beyond_the_deadline():
    """The first repetition comes at once; the second would come too late."""
    server = _Server(10)

    with pytest.raises(_Failed, match="2"):
        dataclasses.replace(RETRY, first_pause=61.0, longest_pause=61.0).run(server, may_be_repeated=_always)
    assert server.asked == 2
