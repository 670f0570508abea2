"""Messages that were claimed too often leave for another queue."""

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, get, ids, listed, numbers, post
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named, parse_ids

pytestmark = pytest.mark.usefixtures("unhurried_claims")


@pytest.fixture
def dead(store, queue):
    """Return a dead-letter queue of the same project."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


def exhaust(store, queue, *, times, limit=1000):
    """Claim and release everything ``times`` times."""
    for _ in range(times):
        store.claims.release(queue, named(claim(store, queue, limit=limit).id))


@pytest.mark.parametrize("max_claim_count", [1, 2, 5])
def test_a_message_moves_at_the_claim_after_the_last_allowed(store, queue, dead, max_claim_count):
    rule = dead_letter_rule(dead, max_claim_count=max_claim_count)
    post(store, queue, new_message(b"1"))

    for _ in range(max_claim_count):
        held = claim(store, queue, dead_letter=rule)
        assert numbers(held.messages) == [1]
        assert everything(store, dead) == []
        store.claims.release(queue, named(held.id))

    assert list(claim(store, queue, dead_letter=rule).messages) == []
    assert everything(store, queue) == []
    assert numbers(listed(store, dead)) == [1]


def test_a_claim_that_expired_counts(store, queue, dead, clock):
    post(store, queue, new_message(b"1"))
    claim(store, queue, ttl=60, dead_letter=dead_letter_rule(dead))
    clock.move(60)

    assert list(claim(store, queue, dead_letter=dead_letter_rule(dead)).messages) == []
    assert numbers(listed(store, dead)) == [1]


def test_claims_made_without_a_rule_count(store, queue, dead):
    post(store, queue, new_message(b"1"))
    exhaust(store, queue, times=3)

    assert list(claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=3)).messages) == []
    assert numbers(listed(store, dead)) == [1]


def test_without_a_rule_a_message_is_claimed_for_ever(store, queue):
    post(store, queue, new_message())
    exhaust(store, queue, times=20)

    assert [message.claim_count for message in claim(store, queue).messages] == [21]


def test_a_moved_message_is_fresh_in_all_but_body_and_checksum(store, queue, dead, clock):
    (old_id,) = post(store, queue, new_message(b'{"b": 1, "a":2}', ttl=600, checksum="MD5:abc"))
    exhaust(store, queue, times=1)
    clock.move(100)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    (moved,) = listed(store, dead)
    assert moved.id != old_id
    assert (moved.body, moved.checksum) == (b'{"b": 1, "a":2}', "MD5:abc")
    assert (moved.claim_id, moved.claim_count) == (None, 0)
    assert (moved.ttl, moved.age) == (600, 0)
    assert get(store, dead, moved.id) == moved


@pytest.mark.parametrize(("rule_ttl", "life"), [(None, 600), (60, 60), (9999, 9999)])
def test_a_moved_message_starts_a_new_life(store, queue, dead, clock, rule_ttl, life):
    """Storage W-R22, W-M7."""
    post(store, queue, new_message(ttl=600))
    exhaust(store, queue, times=1)
    clock.move(599)

    claim(store, queue, dead_letter=dead_letter_rule(dead, ttl=rule_ttl))

    assert [message.ttl for message in listed(store, dead)] == [life]
    clock.move(life - 1)
    assert len(listed(store, dead)) == 1
    clock.move(1)
    assert listed(store, dead) == []


def test_a_moved_message_is_still_its_producers_echo(store, queue, dead):
    post(store, queue, new_message(), client_id=PRODUCER)
    exhaust(store, queue, times=1)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert listed(store, dead, hidden_client_id=PRODUCER) == []
    assert len(listed(store, dead, hidden_client_id="somebody else")) == 1


def test_the_old_id_names_nothing_in_either_queue(store, queue, dead):
    (old_id,) = post(store, queue, new_message())
    exhaust(store, queue, times=1)
    claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert store.messages.get(queue, parse_ids([old_id])) == []
    assert store.messages.get(dead, parse_ids([old_id])) == []


def test_a_moved_message_comes_last_in_its_new_queue(store, queue, dead):
    post(store, queue, new_message(b"2"))
    (seen,) = post(store, dead, new_message(b"1"))
    exhaust(store, queue, times=1)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert numbers(listed(store, dead)) == [1, 2]
    assert numbers(listed(store, dead, marker=seen)) == [2]


def test_a_moved_message_can_be_claimed_popped_and_deleted_there(store, queue, dead):
    post(store, queue, *numbered_messages(3))
    exhaust(store, queue, times=1)
    claim(store, queue, dead_letter=dead_letter_rule(dead))

    held = claim(store, dead, limit=1)
    store.messages.delete(dead, named(held.messages[0].id), claim_id=named(held.id))

    assert [message.claim_count for message in held.messages] == [1]
    assert numbers(store.messages.pop(dead, limit=10)) == [1, 2]


def test_the_claim_goes_on_to_the_next_messages(store, queue, dead):
    post(store, queue, *numbered_messages(500))
    exhaust(store, queue, times=1)
    post(store, queue, *numbered_messages(5, first=500))

    held = claim(store, queue, limit=3, dead_letter=dead_letter_rule(dead))

    assert numbers(held.messages) == [500, 501, 502]
    assert numbers(listed(store, queue)) == [503, 504]
    assert numbers(listed(store, dead)) == list(range(500))


def test_worn_and_fresh_messages_may_alternate(store, queue, dead):
    post(store, queue, *numbered_messages(10))
    held = claim(store, queue)
    for number, message in enumerate(held.messages):
        if number % 2:
            store.messages.delete(queue, named(message.id), claim_id=named(held.id))
    store.claims.release(queue, named(held.id))
    post(store, queue, *numbered_messages(4, first=10))

    claimed = claim(store, queue, limit=4, dead_letter=dead_letter_rule(dead))

    assert numbers(claimed.messages) == [10, 11, 12, 13]
    assert numbers(listed(store, dead)) == [0, 2, 4, 6, 8]


def test_a_mixed_claim_holds_only_what_stayed(store, queue, dead):
    post(store, queue, new_message(b"0"))
    exhaust(store, queue, times=1)
    post(store, queue, new_message(b"1"))

    held = claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert numbers(held.messages) == [1]
    assert list(store.claims.get(queue, named(held.id)).messages) == list(held.messages)
    assert [message.claim_id for message in everything(store, dead)] == [None]


def test_stats_of_both_queues_follow_the_move(store, queue, dead):
    post(store, queue, *numbered_messages(5))
    exhaust(store, queue, times=1, limit=3)

    claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))

    stats = store.records.stats(queue)
    assert (stats.claimed, stats.free) == (1, 1)
    assert (store.records.stats(dead).claimed, store.records.stats(dead).free) == (0, 3)


def test_a_missing_dead_letter_queue_is_an_error_that_changes_nothing(store, queue):
    missing = queue_key(project=queue.project)
    post(store, queue, *numbered_messages(2))
    exhaust(store, queue, times=1, limit=1)
    before, stats = everything(store, queue), store.records.stats(queue)

    with pytest.raises(QueueNotFound):
        claim(store, queue, dead_letter=dead_letter_rule(missing))

    assert everything(store, queue) == before
    assert store.records.stats(queue) == stats
    store.records.create(missing)
    assert numbers(claim(store, queue, dead_letter=dead_letter_rule(missing)).messages) == [1]
    assert numbers(listed(store, missing)) == [0]


def test_a_missing_dead_letter_queue_does_not_matter_while_nothing_moves(store, queue):
    missing = queue_key(project=queue.project)
    post(store, queue, new_message(b"1"))

    assert numbers(claim(store, queue, dead_letter=dead_letter_rule(missing)).messages) == [1]
    assert list(claim(store, queue, dead_letter=dead_letter_rule(missing)).messages) == []


def test_messages_beyond_the_limit_do_not_move(store, queue, dead, clock):
    post(store, queue, new_message(b"0", delay=60), new_message(b"1"))
    exhaust(store, queue, times=1)
    clock.move(60)

    held = claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))

    assert numbers(held.messages) == [0]
    assert numbers(listed(store, queue)) == [1]
    assert everything(store, dead) == []


def test_messages_pass_on_along_a_chain_of_queues(store, queue, dead):
    last = queue_key(project=queue.project)
    store.records.create(last)
    post(store, queue, *numbered_messages(3))
    exhaust(store, queue, times=1)
    claim(store, queue, dead_letter=dead_letter_rule(dead))
    exhaust(store, dead, times=1)

    claim(store, dead, dead_letter=dead_letter_rule(last))

    assert everything(store, queue) == everything(store, dead) == []
    assert numbers(listed(store, last)) == [0, 1, 2]
    assert len(set(ids(listed(store, last)))) == 3


def test_many_dead_letters_between_living_ones_leave_and_the_page_is_full(store, queue, dead):
    """The step that looks at messages has a size of its own, whatever the claim's limit."""
    for first in range(0, 600, 200):
        post(store, queue, *numbered_messages(200, first=first))
    exhaust(store, queue, times=1)
    post(store, queue, *numbered_messages(300, first=600))

    one = claim(store, queue, limit=1, dead_letter=dead_letter_rule(dead))
    rest = claim(store, queue, limit=250, dead_letter=dead_letter_rule(dead))

    assert numbers(one.messages) == [600]
    assert numbers(rest.messages) == list(range(601, 851))
    assert numbers(listed(store, dead)) == list(range(600))
    assert len(store.claims.get(queue, named(rest.id)).messages) == 250
