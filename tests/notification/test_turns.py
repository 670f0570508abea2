"""Whose turn it is, where attempts only end when a test says so."""

import asyncio
import collections
import types

import pytest

from zaqar.notification import turns as module
from zaqar.notification.recipient import Job, Line
from zaqar.notification.turns import Turns

PLACES = 64


class Time:
    """Seconds, moved by hand."""

    now = 1000.0


@pytest.fixture
def turns(monkeypatch):
    """Return turns in which whoever is asked has something to attempt, as often as it is ``left``."""
    monkeypatch.setattr(module, "take", taken)
    monkeypatch.setattr(Time, "now", 1000.0)
    return Turns(PLACES, lambda: Time.now)


def taken(recipient):
    recipient.asked += 1
    if not recipient.left:
        return None
    recipient.left -= 1
    return Job(recipient, 1, 0, None, None, recipient.line, Time.now)


def recipients(project, count, *, line=Line.NEW, left=1):
    """Return subscriptions of one project."""
    source = types.SimpleNamespace(queue=types.SimpleNamespace(project=project))
    dispatch = types.SimpleNamespace(kind=types.SimpleNamespace(places=None))
    one = {"source": source, "dispatch": dispatch, "line": line, "left": left, "is_queued": False, "asked": 0}
    return [types.SimpleNamespace(**one) for _ in range(count)]


def add(turns, some):
    for one in some:
        turns.add(one)
    return some


def begin(turns, *, most=PLACES):
    """Return the attempts that begin now, in as many places."""

    async def ask():
        workers = [asyncio.create_task(turns.next()) for _ in range(most)]
        for _ in range(5):
            await asyncio.sleep(0)
        ended = [worker.result() for worker in workers if worker.done()]
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
        return ended

    return asyncio.run(ask())


def counted(jobs):
    return collections.Counter(job.recipient.source.queue.project for job in jobs)


@pytest.mark.parametrize(("line", "most"), [(Line.ANSWERING, 32), (Line.NEW, 24), (Line.FAILING, 16)])
def test_of_several_projects_each_has_half_of_the_places_at_most(turns, line, most):
    add(turns, recipients("a", 100, line=line))
    add(turns, recipients("b", 1, line=line))

    assert counted(begin(turns)) == {"a": most, "b": 1}


@pytest.mark.parametrize(("line", "most"), [(Line.ANSWERING, 56), (Line.NEW, 42), (Line.FAILING, 28)])
def test_a_project_that_is_alone_leaves_an_eighth_to_who_comes_next(turns, line, most):
    add(turns, recipients("a", 100, line=line))
    first = begin(turns)
    add(turns, recipients("b", 1, line=line))

    assert counted(first) == {"a": most}
    assert counted(begin(turns, most=PLACES - most)) == {"b": 1}


def test_subscriptions_that_answered_and_now_hang_do_not_take_every_place(turns):
    add(turns, recipients("a", 16, line=Line.ANSWERING, left=4))
    add(turns, recipients("b", 1, line=Line.NEW))

    assert counted(begin(turns)) == {"a": 32, "b": 1}


def test_who_is_in_several_lines_has_half_of_all_places(turns):
    for line in Line:
        add(turns, recipients("a", 100, line=line))
    add(turns, recipients("b", 1))

    assert counted(begin(turns)) == {"a": 32, "b": 1}


def test_the_end_of_an_attempt_brings_back_who_was_held_back(turns):
    waiting = add(turns, recipients("a", 100))
    add(turns, recipients("b", 1))
    jobs = begin(turns)
    while jobs:
        turns.done(jobs.pop())
        jobs.extend(begin(turns, most=1))

    assert not any(one.left for one in waiting)


def test_who_waits_behind_a_share_that_is_taken_costs_nobody_anything(turns):
    many = add(turns, recipients("a", 10_000))
    add(turns, recipients("b", 1))
    begin(turns)
    add(turns, recipients("b", 10))

    assert counted(begin(turns, most=10)) == {"b": 10}
    assert sum(one.asked for one in many) == 24


def test_projects_take_turns_whoever_has_more_waiting(turns):
    add(turns, recipients("a", 1000))
    add(turns, recipients("b", 5))

    assert counted(begin(turns, most=10)) == {"a": 5, "b": 5}


def test_a_minute_after_the_others_a_project_has_the_places_of_one_that_is_alone(turns):
    (last,) = add(turns, recipients("b", 1, line=Line.ANSWERING))
    (job,) = begin(turns, most=1)
    turns.done(job)
    begin(turns, most=1)
    many = add(turns, recipients("a", 100, line=Line.ANSWERING))
    before = begin(turns)
    Time.now += 60
    add(turns, many)

    assert not last.left
    assert counted(before) == {"a": 32}
    assert counted(begin(turns, most=32)) == {"a": 24}


def test_one_place_is_for_everybody(turns):
    turns = Turns(1, lambda: Time.now)
    add(turns, recipients("a", 2))
    add(turns, recipients("b", 2))
    served = []
    while jobs := begin(turns, most=1):
        served += jobs
        turns.done(jobs[0])

    assert counted(served) == {"a": 2, "b": 2}


def test_projects_that_have_gone_are_not_remembered(turns):
    for number in range(5000):
        add(turns, recipients(f"project-{number}", 1, left=0))
        begin(turns, most=1)

    assert len(turns._shares._projects) <= 1001
