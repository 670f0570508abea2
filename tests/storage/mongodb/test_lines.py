"""Calls for messages of one queue, in one process: one at a time works for all who stand in the line."""

import functools
import itertools
import threading

import pytest
from pymongo.errors import OperationFailure

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.conformance.threads import together
from tests.integration.process import wait_until
from tests.storage.children import child
from tests.storage.mongodb.steps import replace_step
from zaqar.errors import ClaimNotFound, QueueNotFound, Unavailable
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import candidates, lines
from zaqar.storage.mongodb.messages.lines import Lines

TAKES = {
    "claim": lambda store, queue, limit=5: claim(store, queue, limit=limit).messages,
    "pop": lambda store, queue, limit=5: store.messages.pop(queue, limit=limit),
}
COMMANDS = {"claim": ["aggregate", "update"], "pop": ["aggregate", "update", "delete"]}


@pytest.fixture(autouse=True)
def hasty(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_PAUSE", 0.0)


@pytest.fixture
def line_up(monkeypatch):
    """Let a call lead and stay in its step until all others stand in the line; return what each answers or raises."""

    def stand(*acts, then=lambda: None):
        serve, is_led, firsts = Lines.serve, threading.Event(), iter((True,))

        def step_later(step, line, calls):
            if next(firsts, False):
                is_led.set()
                wait_until(lambda: len(line.waiting) == len(acts), what="the line")
                then()
            step(line, calls)

        def follow(act):
            assert is_led.wait(60)
            return outcome(act)

        def serve_later(self, key, call, step):
            serve(self, key, call, functools.partial(step_later, step))

        with monkeypatch.context() as patched:
            patched.setattr(Lines, "serve", serve_later)
            return together(lambda: outcome(acts[0]), *(functools.partial(follow, act) for act in acts[1:]))

    return stand


@pytest.fixture
def queue(store, queue):
    """A queue in use: nobody has to note that something may be due."""
    post(store, queue, new_message(b"-1"))
    store.messages.pop(queue, limit=1)
    return queue


def outcome(act):
    try:
        return act()
    except (Unavailable, OperationFailure, QueueNotFound, KeyboardInterrupt) as error:
        return error


def in_order(shares):
    return sorted(numbers(share) for share in shares)


@pytest.mark.parametrize("take", TAKES)
def test_who_comes_during_a_step_is_served_by_the_next_one(store, queue, watch, line_up, take):
    """One look and one change for all of them, and their shares are in post order."""
    post(store, queue, *numbered_messages(30))

    def consume():
        with watch() as sent:
            return TAKES[take](store, queue), [each.name for each in sent]

    found = line_up(*[consume] * 4)

    assert in_order(share for share, _ in found) == [list(range(first, first + 5)) for first in (0, 5, 10, 15)]
    assert sorted(names for _, names in found) == [[], [], COMMANDS[take], COMMANDS[take]]
    assert numbers(listed(store, queue)) == list(range(20, 30))


@pytest.mark.parametrize("take", TAKES)
def test_calls_for_one_message_each_are_done_together_where_they_wait_and_by_the_server_where_not(
    store, queue, watch, line_up, take
):
    post(store, queue, *numbered_messages(4))

    def consume():
        with watch() as sent:
            return TAKES[take](store, queue, limit=1), [each.name for each in sent]

    found = line_up(*[consume] * 4)

    assert in_order(share for share, _ in found) == [[0], [1], [2], [3]]
    alone = ["aggregate", "findAndModify", *COMMANDS[take][2:]]
    assert sorted(names for _, names in found) == [[], [], alone, COMMANDS[take]]


def test_each_claim_of_a_line_has_its_own_end_and_grace(store, queue, line_up, clock):
    post(store, queue, *numbered_messages(20, ttl=100))

    def consume(ttl, grace):
        return claim(store, queue, limit=5, ttl=ttl, grace=grace)

    terms = [(60, 60), (61, 60), (300, 60), (301, 90)]
    claims = line_up(*(functools.partial(consume, *each) for each in terms))

    assert [made.ttl for made in claims] == [ttl for ttl, _ in terms]
    assert [{message.ttl for message in made.messages} for made in claims] == [{100}, {100}, {360}, {391}]
    assert [store.claims.get(queue, named(made.id)).messages for made in claims] == [made.messages for made in claims]
    clock.move(300)
    assert store.claims.get(queue, named(claims[3].id)).messages
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(claims[2].id))


@pytest.mark.parametrize("take", TAKES)
def test_what_another_process_was_given_is_made_up_for_to_each(store, other, queue, watch, line_up, take, monkeypatch):
    """One command tells for all of them what they were given."""
    post(store, queue, *numbered_messages(40))
    ready, steps = candidates.ready, itertools.count()

    def overtaken(*key, **words):
        view = ready(*key, **words)
        if next(steps) == 1:
            assert len(claim(other, queue, limit=7).messages) == 7
        return view

    replace_step(monkeypatch, store, candidates, "ready", overtaken)

    def consume():
        with watch() as sent:
            return TAKES[take](store, queue), [each.name for each in sent]

    found = line_up(*[consume] * 4)

    shares = [list(range(5)), [12, 13, 14, 25, 26], list(range(15, 20)), list(range(20, 25))]
    assert in_order(share for share, _ in found) == shares
    look, change, *remove = COMMANDS[take]
    led = [look, change, "find", *remove, look, change, *remove]
    assert sorted(names for _, names in found if names) == sorted([COMMANDS[take], led])


@pytest.mark.parametrize("take", TAKES)
def test_the_last_of_a_line_get_nothing_only_where_nothing_is_left(store, queue, line_up, take):
    post(store, queue, *numbered_messages(12))

    shares = line_up(*[lambda: TAKES[take](store, queue)] * 4)

    assert in_order(shares) == [[], [0, 1, 2, 3, 4], [5, 6, 7, 8, 9], [10, 11]]


@pytest.mark.parametrize("take", TAKES)
@pytest.mark.parametrize("error", [Unavailable("away"), OperationFailure("broken")], ids=["away", "broken"])
def test_an_error_of_a_step_reaches_all_for_whom_it_was_done(store, queue, line_up, monkeypatch, take, error):
    post(store, queue, *numbered_messages(20))
    ready, steps = candidates.ready, itertools.count()

    def fail_once(*key, **words):
        if next(steps) == 1:
            raise error
        return ready(*key, **words)

    replace_step(monkeypatch, store, candidates, "ready", fail_once)

    found = line_up(*[lambda: TAKES[take](store, queue)] * 4)

    assert [each for each in found if isinstance(each, Exception)] == [error] * 3
    assert numbers(TAKES[take](store, queue)) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("take", TAKES)
def test_what_was_taken_before_the_store_was_away_is_given_to_who_took_it(
    store, other, queue, line_up, take, monkeypatch
):
    """Popped messages are there no more: an error would lose them."""
    post(store, queue, *numbered_messages(20))
    ready, steps = candidates.ready, itertools.count()

    def overtaken(*key, **words):
        if (number := next(steps)) == 2:
            raise Unavailable("away")
        view = ready(*key, **words)
        if number == 1:
            assert len(claim(other, queue, limit=2).messages) == 2
        return view

    replace_step(monkeypatch, store, candidates, "ready", overtaken)

    found = line_up(*[lambda: TAKES[take](store, queue)] * 3)

    assert sorted(numbers(each) for each in found) == [[0, 1, 2, 3, 4], [7, 8, 9], [10, 11, 12, 13, 14]]


def test_a_leader_that_is_interrupted_leaves_nobody_waiting(store, queue, line_up):
    post(store, queue, *numbered_messages(20))

    def interrupt():
        raise KeyboardInterrupt

    first, *others = line_up(*[lambda: claim(store, queue, limit=5).messages] * 4, then=interrupt)

    assert isinstance(first, KeyboardInterrupt)
    assert in_order(others) == [list(range(first, first + 5)) for first in (0, 5, 10)]


def test_a_line_ends_when_its_queue_is_deleted(store, queue, line_up):
    post(store, queue, *numbered_messages(20))

    def delete():
        store.records.delete(queue)

    assert line_up(*[lambda: claim(store, queue, limit=5).messages] * 4, then=delete) == [()] * 4


def test_what_expires_while_calls_wait_is_given_to_none(store, queue, line_up, clock):
    post(store, queue, *numbered_messages(10, ttl=60), *numbered_messages(10, first=10, ttl=600))

    shares = line_up(*[lambda: claim(store, queue, limit=5).messages] * 4, then=lambda: clock.move(60))

    assert in_order(shares) == [[], [], [10, 11, 12, 13, 14], [15, 16, 17, 18, 19]]


@pytest.mark.parametrize("has_target", [True, False], ids=["dead letters", "no queue for them"])
def test_what_was_claimed_too_often_is_moved_by_one_call_for_the_others(store, queue, line_up, has_target):
    dead = queue_key(project=queue.project)
    if has_target:
        store.records.create(dead)
    post(store, queue, *numbered_messages(12))
    store.claims.release(queue, named(claim(store, queue, limit=12).id))
    post(store, queue, *numbered_messages(20, first=12))
    rule = dead_letter_rule(dead)

    found = line_up(*[lambda: claim(store, queue, limit=5, dead_letter=rule).messages] * 4)

    if has_target:
        assert in_order(found) == [list(range(first, first + 5)) for first in (12, 17, 22, 27)]
        assert numbers(listed(store, dead)) == list(range(12))
    else:
        assert {type(each) for each in found} == {QueueNotFound}
        assert numbers(listed(store, queue)) == list(range(32))


def test_a_child_does_not_stand_in_the_lines_of_its_parent(store, queue, line_up):
    post(store, queue, *numbered_messages(10))

    def work(parent):
        assert numbers(claim(store, queue, limit=5).messages) == [0, 1, 2, 3, 4]

    def fork():
        with child(work):
            pass

    first, second = line_up(*[lambda: claim(store, queue, limit=3).messages] * 2, then=fork)

    assert (numbers(first), numbers(second)) == ([5, 6, 7], [8, 9])


class Wish(lines.Waiter):
    """A call that wants so many things."""

    def __init__(self, missing: int) -> None:
        super().__init__()
        self.left = missing

    @property
    def missing(self):
        return self.left


def test_a_step_is_for_no_more_than_it_should_read():
    line = lines.Line()
    line.waiting += [Wish(400), Wish(100), Wish(1)]
    assert [each.missing for each in line.next_calls()] == [400, 100]

    line.learn(seconds=1.0, has_lost=False, largest=lines.LARGEST // 450)
    assert [each.missing for each in line.next_calls()] == [400]


def test_nobody_leads_for_others_when_its_own_call_is_over():
    """Each step gives one thing to each; the first call wants two, so the second leads after two steps."""
    wishes = [Wish(2), Wish(3), Wish(4)]
    served, is_led, led = Lines(), threading.Event(), []

    def step(line, calls):
        is_led.set()
        if not led:
            wait_until(lambda: len(line.waiting) == len(wishes), what="the line")
        led.append((threading.get_ident(), len(calls)))
        for each in calls:
            each.left -= 1
            each.is_over = not each.left

    def stand(wish):
        if wish is not wishes[0]:
            assert is_led.wait(60)
        served.serve("queue", wish, step)
        return threading.get_ident()

    threads = together(*(functools.partial(stand, each) for each in wishes))

    assert [thread for thread, _ in led[:2]] == threads[:1] * 2
    assert all(thread != threads[0] for thread, _ in led[2:])
    assert sum(count for _, count in led) == 9
    assert all(each.is_over for each in wishes)
