"""Consumers: beside others, and with messages that were claimed before; and purges."""

import functools
import itertools

import pytest

from tests.builders import dead_letter_rule, numbered_messages, queue_key
from tests.conformance.acts import claim, listed, numbers, post
from tests.conformance.threads import together
from tests.storage.mongodb.opening import opened
from tests.storage.mongodb.steps import replace_step
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import candidates

CONSUMERS = 4


@pytest.mark.parametrize("take", [lambda s, q: claim(s, q, limit=5).messages, lambda s, q: s.messages.pop(q, limit=5)])
def test_a_consumer_whose_candidates_went_to_others_takes_the_next(
    server, name, clock, store, queue, monkeypatch, take
):
    """W-M2: however often."""
    post(store, queue, *numbered_messages(20))
    rivals = iter([3, 4, 2])
    find = candidates.ready

    with opened(server.uri, name, clock) as rival:

        def overtaken(*key, **words):
            found = find(*key, **words)
            if count := next(rivals, 0):
                assert len(claim(rival, queue, limit=count).messages) == count
            return found

        replace_step(monkeypatch, store, candidates, "ready", overtaken)
        assert numbers(take(store, queue)) == [3, 4, 11, 12, 13]


def test_competing_consumers_come_back_with_all_that_they_asked_for(server, name, clock, store, queue):
    """W-M2: not with nothing, nor with less, while there is something."""
    post(store, queue, *numbered_messages(40 * CONSUMERS))

    with opened(server.uri, name, clock) as other:
        stores = [store, other] * (CONSUMERS // 2)

        def consume(consumer):
            return [numbers(claim(consumer, queue, limit=8).messages) for _ in range(5)]

        taken = list(itertools.chain(*together(*(functools.partial(consume, one) for one in stores))))

    assert {len(each) for each in taken} == {8}
    assert sorted(itertools.chain(*taken)) == list(range(40 * CONSUMERS))


@pytest.mark.parametrize(("most", "shown", "dead"), [(1, [], [0, 1, 2]), (2, [2, 2, 2, 1, 1], [])])
def test_what_others_claimed_and_released_after_the_look_is_counted(
    store, other, queue, monkeypatch, most, shown, dead
):
    """Storage R2.11.1: a message can be claimed so often, and no more."""
    letters = queue_key(project=queue.project)
    store.records.create(letters)
    rule = dead_letter_rule(letters, max_claim_count=most)
    post(store, queue, *numbered_messages(5 if most > 1 else 3))
    find, firsts = candidates.ready, iter((True,))

    def overtaken(*key, **words):
        found = find(*key, **words)
        if next(firsts, False):
            other.claims.release(queue, named(claim(other, queue, limit=3, dead_letter=rule).id))
        return found

    replace_step(monkeypatch, store, candidates, "ready", overtaken)
    taken = claim(store, queue, limit=5, dead_letter=rule).messages

    assert [message.claim_count for message in taken] == shown
    assert numbers(listed(store, letters)) == dead


@pytest.mark.parametrize("ending", ["renewed", "released", "lapsed"])
def test_nothing_makes_a_message_forget_how_often_it_was_claimed(store, queue, clock, ending):
    """W-M6: or a poisonous one would never go to the dead letters."""
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    rule = dead_letter_rule(dead, max_claim_count=2)
    post(store, queue, *numbered_messages(2))
    for count in (1, 2):
        held = claim(store, queue, dead_letter=rule)
        assert [message.claim_count for message in held.messages] == [count] * 2
        if ending == "renewed":
            store.claims.renew(queue, named(held.id), ttl=300, grace=60)
            assert [message.claim_count for message in store.claims.get(queue, named(held.id)).messages] == [count] * 2
        if ending == "released":
            store.claims.release(queue, named(held.id))
        else:
            clock.move(300)

    assert claim(store, queue, dead_letter=rule).messages == ()
    assert numbers(listed(store, dead)) == [0, 1]


@pytest.mark.parametrize("change", ["renew", "release"])
def test_a_change_of_a_claim_is_one_command_behind_its_look_at_the_floor_and_says_nothing_of_the_count(
    store, queue, watch, change
):
    """W-M6, W-M18."""
    post(store, queue, *numbered_messages(2))
    held = claim(store, queue)

    with watch() as sent:
        if change == "renew":
            store.claims.renew(queue, named(held.id), ttl=300, grace=60)
        else:
            store.claims.release(queue, named(held.id))

    assert [each.name for each in sent] == ["find", "update"]
    assert "claim_count" not in str(sent[1].words)
