"""Messages that were claimed too often arrive with their origin: where they were, and what became of them there."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, get, ids, listed, post, sweep_all
from zaqar.models import NewMessage, Origin
from zaqar.storage.ids import named
from zaqar.storage.mongodb.messages import taking
from zaqar.storage.redis.messages import dead_letters
from zaqar.storage.sql.messages import claims as sql_claims

MANY = 450
"""More than a step moves, in any store."""


@pytest.fixture
def dead(store, queue):
    """Return a dead-letter queue of the same project."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


@pytest.fixture
def hurried_claims(monkeypatch):
    """Let a claim leave what its first step does not move."""
    monkeypatch.setattr(taking, "LONGEST_MOVE", 0.0)
    monkeypatch.setattr(dead_letters, "PATIENCE", 0.0)
    monkeypatch.setattr(sql_claims, "PATIENCE", 0.0)


def exhaust(store, queue, *, times=1):
    """Claim and release everything ``times`` times."""
    for _ in range(times):
        store.claims.release(queue, named(claim(store, queue, limit=1000).id))


def origin(store, queue, message_id):
    """Return the origin of a message."""
    return store.messages.details(queue, named(message_id)).origin


def test_what_was_posted_has_no_origin(store, queue):
    (message_id,) = post(store, queue, new_message())

    assert origin(store, queue, message_id) is None


def test_a_dead_letter_tells_where_it_was_and_how_often_it_was_claimed(store, queue, dead, clock):
    (old_id,) = post(store, queue, new_message(ttl=900))
    exhaust(store, queue, times=3)
    clock.move(100)

    claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=3, ttl=60))

    (moved,) = listed(store, dead)
    assert origin(store, dead, moved.id) == Origin(
        queue=queue.name,
        kind="queue",
        reason="max_claim_count",
        attempts=3,
        at=clock.now(),
        ttl=900,
        message_id=old_id,
    )


def test_the_details_of_a_dead_letter_show_the_message_itself(store, queue, dead):
    post(store, queue, new_message(b'{"b": 1, "a":2}', checksum="MD5:abc"))
    exhaust(store, queue)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    (moved,) = listed(store, dead)
    assert store.messages.details(dead, named(moved.id)).message == moved


def test_claims_beyond_what_the_rule_allows_are_told(store, queue, dead):
    post(store, queue, new_message())
    exhaust(store, queue, times=5)

    claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=2))

    (moved,) = listed(store, dead)
    assert origin(store, dead, moved.id).attempts == 5


def test_the_ttl_of_an_origin_is_what_claims_have_made_of_it(store, queue, dead):
    (old_id,) = post(store, queue, new_message(ttl=120))
    store.claims.release(queue, named(claim(store, queue, ttl=300, grace=60).id))
    assert get(store, queue, old_id).ttl == 360

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    (moved,) = listed(store, dead)
    assert origin(store, dead, moved.id).ttl == 360


def test_each_of_a_batch_has_an_origin_of_its_own(store, queue, dead):
    old_ids = post(store, queue, *[new_message(ttl=1000 + number) for number in range(5)])
    exhaust(store, queue)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    found = [origin(store, dead, moved.id) for moved in listed(store, dead)]
    assert [each.message_id for each in found] == old_ids
    assert [each.ttl for each in found] == list(range(1000, 1005))


def test_a_message_that_was_brought_back_and_is_claimed_too_often_again_tells_of_both(store, queue, dead, clock):
    before = Origin(
        queue="elsewhere",
        kind="topic",
        reason="delivery_failed",
        attempts=7,
        at=1,
        ttl=60,
        message_id="0" * 30,
        answer="500",
        subscription_id="1" * 30,
        redriven=1,
    )
    (old_id,) = post(store, queue, NewMessage(b"1", 3600, origin=before))
    assert origin(store, queue, old_id) == before
    exhaust(store, queue)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    (moved,) = listed(store, dead)
    assert origin(store, dead, moved.id) == Origin(
        queue=queue.name,
        reason="max_claim_count",
        attempts=1,
        at=clock.now(),
        ttl=3600,
        message_id=old_id,
        redriven=1,
    )


def test_a_message_that_passes_on_tells_of_the_last_queue(store, queue, dead):
    last = queue_key(project=queue.project)
    store.records.create(last)
    post(store, queue, new_message())
    exhaust(store, queue)
    claim(store, queue, dead_letter=dead_letter_rule(dead))
    (between,) = ids(listed(store, dead))
    exhaust(store, dead, times=2)

    claim(store, dead, dead_letter=dead_letter_rule(last))

    (moved,) = listed(store, last)
    found = origin(store, last, moved.id)
    assert (found.queue, found.message_id, found.attempts, found.redriven) == (dead.name, between, 2, 0)


def test_an_origin_stays_while_its_message_is_claimed_and_released(store, queue, dead):
    post(store, queue, new_message(ttl=120))
    exhaust(store, queue)
    claim(store, queue, dead_letter=dead_letter_rule(dead, ttl=120))
    (moved,) = ids(listed(store, dead))
    before = origin(store, dead, moved)

    held = claim(store, dead, ttl=300, grace=60)
    while_claimed = origin(store, dead, moved)
    store.claims.release(dead, named(held.id))

    assert before is not None
    assert while_claimed == origin(store, dead, moved) == before


def test_a_delayed_message_keeps_its_origin(store, queue, clock):
    known = Origin(queue="elsewhere", reason="expired", attempts=0, at=1, ttl=60, message_id="0" * 30)
    message = NewMessage(b"1", 3600, delay=60, origin=known)
    posted = store.messages.post(queue, [message], client_id=PRODUCER, token="0123456789abcdef")
    clock.move(60)
    listed(store, queue)

    assert origin(store, queue, posted.ids[0]) == known


@pytest.mark.usefixtures("hurried_claims")
def test_what_the_sweep_moves_has_its_origin_too(store, queue, dead, clock):
    old_ids = post(store, queue, *numbered_messages(MANY))
    exhaust(store, queue)
    claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))
    assert len(listed(store, dead)) < MANY
    clock.move(60)

    sweep_all(store)

    found = [origin(store, dead, moved.id) for moved in listed(store, dead)]
    assert [each.message_id for each in found] == old_ids
    assert {(each.queue, each.reason, each.attempts) for each in found} == {(queue.name, "max_claim_count", 1)}
