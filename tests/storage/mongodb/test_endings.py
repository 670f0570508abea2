"""Ends of messages, and of what a crash broke off: expiry, pops and moves of dead letters."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, exists, listed, numbers, post
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import posting
from zaqar.storage.mongodb.messages.encoding import date_of
from zaqar.storage.mongodb.messages.moves import forward
from zaqar.storage.mongodb.messages.scope import scope_of


def test_what_the_server_has_not_reclaimed_is_gone_all_the_same(store, queue, clock, data):
    """W-M8: nothing relies on the TTL index, which may lag for minutes."""
    (message_id,) = post(store, queue, new_message(ttl=60))
    clock.move(60)

    assert data.messages.count_documents({"state": "ready"}) == 1
    assert not exists(store, queue, message_id)
    assert everything(store, queue) == []
    assert list(claim(store, queue).messages) == []
    assert store.messages.pop(queue, limit=1) == []


def test_the_date_that_the_server_reclaims_by_moves_with_the_grace(store, queue, clock, data):
    """W-M8: else the TTL index would take a message that a claim keeps alive."""
    post(store, queue, new_message(ttl=60))

    held = claim(store, queue, ttl=300, grace=60)
    assert data.messages.find_one({"state": "claimed"})["expires"] == date_of(clock.now() + 360)

    store.claims.renew(queue, named(held.id), ttl=900, grace=60)
    assert data.messages.find_one({"state": "claimed"})["expires"] == date_of(clock.now() + 960)


def test_a_pop_broken_off_gives_its_messages_back(store, queue, clock, data):
    """W-M9, W-M15: what was marked and not removed is no loss."""
    post(store, queue, *numbered_messages(3))
    data.messages.update_one({"state": "ready"}, {"$set": {"state": "popped", "mark": "x", "until": clock.now() + 60}})
    assert numbers(listed(store, queue)) == [1, 2]

    clock.move(60)

    assert numbers(store.messages.pop(queue, limit=10)) == [0, 1, 2]


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_move_of_dead_letters_broken_off_is_finished_once(store, queue, clock, monkeypatch, is_posted):
    """W-M7: at each point at which a process may die."""
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, *numbered_messages(3))
    store.claims.release(queue, named(claim(store, queue).id))
    with monkeypatch.context() as patch:
        if is_posted:
            patch.setattr(store.parts.session.counters, "add", _die)  # removed all the same: the last point of all
        else:
            patch.setattr(posting, "post", _die)
        with pytest.raises(RuntimeError):
            claim(store, queue, dead_letter=dead_letter_rule(dead))

    clock.move(30)
    store.sweep()

    assert numbers(listed(store, dead)) == [0, 1, 2]
    assert everything(store, queue) == []


def test_a_move_posted_and_not_removed_is_not_posted_again(store, queue, clock, data):
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, *numbered_messages(3))
    store.claims.release(queue, named(claim(store, queue).id))
    kept = list(data.messages.find({"state": "ready"}))
    claim(store, queue, dead_letter=dead_letter_rule(dead))
    move = "0" * 30
    for document in kept:
        target = {"queue": scope_of(dead), "ttl": None}
        data.messages.insert_one(document | {"state": "leaving", "claim": move, "until": 1, "target": target})
    forward(store.parts.session, scope_of(queue), move)
    before = numbers(listed(store, dead))
    for document in kept:
        data.messages.insert_one(document | {"state": "leaving", "claim": move, "until": 1, "target": target})

    forward(store.parts.session, scope_of(queue), move)

    assert numbers(listed(store, dead)) == before
    assert everything(store, queue) == []


def _die(*_, **__):
    raise RuntimeError("killed")
