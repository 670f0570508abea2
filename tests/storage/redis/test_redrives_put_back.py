"""Redrives: messages that cannot arrive go back, and what overtakes a step changes nothing."""

from functools import partial

import pytest

from tests.builders import new_token
from tests.conformance.acts import everything, ids, listed, numbers
from tests.conformance.outbox_acts import HOLDER, log
from tests.conformance.redrive_acts import begin, bury, dead_letters, origin_in, step, step_to_end
from tests.storage.redis.crashes import Crash, Overtaken
from tests.storage.redis.structures import Structures
from zaqar.models import RedriveTerms
from zaqar.storage.ids import named
from zaqar.storage.redis.messages import scripts

LEFT = 4
"""Commands of a step until messages have left: it looks, at the target too, makes a note for the sweep, and lets them leave."""

WAY = LEFT + 3
"""And until they have arrived: their envelopes, the post, and that it is done."""

LEFT_FOR_SUBSCRIPTION = LEFT + 1
"""It looks at the subscription besides."""


def test_messages_go_back_where_the_target_is_deleted_on_their_way(store, queue, dead, crashing, clock, client):
    begin(store, dead)
    before = everything(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    store.records.delete(queue)
    clock.move(50)

    store.sweep()

    after = everything(store, dead)
    assert [(one.id, one.body, one.claim_count, one.ttl) for one in after] == [
        (one.id, one.body, one.claim_count, one.ttl) for one in before
    ]
    assert [one.claim_count for one in after] == [2, 0, 0]
    assert [one.age for one in after] == [50] * 3
    found = store.redrives.get(dead)
    assert (found.moved, found.skipped) == (0, 3)
    Structures(client, dead).check()
    clock.move(before[0].ttl - 50)
    assert everything(store, dead) == []


@pytest.mark.parametrize("how", ["deleted", "ended"])
def test_messages_go_back_where_the_subscription_goes_on_their_way(
    store, queue, undelivered, subscription, crashing, clock, how
):
    begin(store, undelivered)
    before = everything(store, undelivered)
    with pytest.raises(Crash):
        step(crashing(LEFT_FOR_SUBSCRIPTION), undelivered)
    if how == "deleted":
        store.subscriptions.delete(queue, named(subscription.id))
    else:
        clock.move(subscription.ttl)

    store.parts.leaving.forward(undelivered)

    assert ids(everything(store, undelivered)) == ids(before)
    assert log(store, queue) == []
    found = store.redrives.get(undelivered)
    assert (found.moved, found.skipped) == (0, 3)


def test_what_went_back_moves_with_the_next_redrive(store, queue, dead, crashing):
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    store.records.delete(queue)
    store.sweep()
    store.records.create(queue)

    begin(store, dead)
    assert step_to_end(store, dead).moved == 3

    assert numbers(listed(store, queue)) == [0, 1, 2]


def test_nobody_posts_any_more_what_went_back(store, queue, dead, another, client):
    """One process is about to post when another one finds the target gone; then the target is there again."""

    def go_back():
        store.records.delete(queue)
        store.parts.leaving.forward(dead)
        store.records.create(queue)

    begin(store, dead)
    slow = another(partial(Overtaken, script=scripts.POST, by=go_back))

    step(slow, dead)

    assert everything(store, queue) == []
    assert numbers(listed(store, dead)) == [0, 1, 2]
    for key in (queue, dead):
        Structures(client, key).check()


def test_what_was_about_to_go_back_does_so_though_the_target_is_there_again(store, queue, dead, crashing, client):
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    store.records.delete(queue)
    with pytest.raises(Crash):  # it has asked what is leaving, and found no target, and struck the token
        crashing(4).parts.leaving.forward(dead)
    store.records.create(queue)

    store.sweep()

    assert everything(store, queue) == []
    assert numbers(listed(store, dead)) == [0, 1, 2]
    for key in (queue, dead):
        Structures(client, key).check()


def test_nothing_goes_back_that_has_arrived(store, queue, dead, crashing, client):
    """They were in the target when it was deleted, and went with it."""
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(WAY - 1), dead)
    assert numbers(listed(store, queue)) == [0, 1, 2]
    store.records.delete(queue)

    store.sweep()

    assert everything(store, dead) == []
    assert Structures(client, dead).leaving == {}


def test_what_another_process_looked_at_meanwhile_is_counted_once(store, queue, dead, another):
    bury(store, dead, *dead_letters(None, 2, first=3), *dead_letters(origin_in(queue), 1, first=5))
    begin(store, dead)
    slow = another(partial(Overtaken, script=scripts.MOVE, by=lambda: step(store, dead, holder=HOLDER, limit=5)))

    ended = step(slow, dead, seconds=0, limit=5)

    assert (ended.state, ended.moved, ended.skipped) == ("done", 4, 2)
    assert numbers(listed(store, queue)) == [0, 1, 2, 5]


def test_nothing_leaves_once_it_is_cancelled(store, queue, dead, another):
    made = begin(store, dead)
    slow = another(partial(Overtaken, script=scripts.MOVE, by=lambda: store.redrives.cancel(dead, named(made.id))))

    assert step(slow, dead) is None

    assert numbers(listed(store, dead)) == [0, 1, 2]
    assert everything(store, queue) == []


def test_one_that_begins_while_the_last_is_struck_is_noted(store, dead, another):
    other = another(partial(Overtaken, script=scripts.CREATE_REDRIVE, by=lambda: step(store, dead)))

    begin(other, dead)

    assert store.redrives.running() == [dead]


def test_a_repeated_beginning_is_told_what_the_first_began(store, dead):
    token = new_token()
    made = store.redrives.create(dead, RedriveTerms(), token=token)

    assert store.redrives.create(dead, RedriveTerms(), token=token) == made


def test_what_cannot_go_on_or_back_is_gone_with_both_queues(store, queue, dead, crashing, client):
    begin(store, dead)
    with pytest.raises(Crash):
        step(crashing(LEFT), dead)
    store.records.delete(dead)
    store.records.delete(queue)

    store.sweep()

    assert Structures(client, dead).lasting == set()
    assert Structures(client, queue).lasting == set()
