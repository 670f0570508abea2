"""What was purged, or deleted with its queue, is gone for every call at once; the sweep reclaims it later."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post, sweep_all
from zaqar.errors import ClaimNotFound
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids

LONG = 1500


class Filled:
    """A queue with ready, claimed and delayed messages, and what their owners know of them."""

    def __init__(self, store, queue):
        self.ids = post(store, queue, *numbered_messages(LONG, ttl=300), new_message(delay=60))
        self.claims = [claim(store, queue, ttl=60, grace=60, limit=500) for _ in range(2)]


@pytest.fixture
def filled(store, queue):
    return Filled(store, queue)


def purge(store, queue):
    store.records.purge(queue)


def delete(store, queue):
    store.records.delete(queue)
    store.records.create(queue)


@pytest.fixture(params=[purge, delete])
def remove(request):
    """Return what empties a queue."""
    return request.param


def assert_nothing_old_is_seen(store, queue, filled):
    assert everything(store, queue) == listed(store, queue) == []
    assert store.messages.get(queue, parse_ids(filled.ids[:600:50])) == []
    assert store.records.stats(queue) == Stats()
    assert list(claim(store, queue).messages) == []
    assert store.messages.pop(queue, limit=10) == []
    for held in filled.claims:
        with pytest.raises(ClaimNotFound):
            store.claims.get(queue, named(held.id))
        with pytest.raises(ClaimNotFound):
            store.claims.renew(queue, named(held.id), ttl=60, grace=60)


def test_nothing_of_it_is_seen_before_or_after_the_sweep(stores, queue, filled, remove):
    store, other = stores.message, stores.reopen().message

    remove(store, queue)

    assert_nothing_old_is_seen(store, queue, filled)
    assert_nothing_old_is_seen(other, queue, filled)
    sweep_all(other)
    assert_nothing_old_is_seen(store, queue, filled)


def test_the_ids_and_claims_of_it_change_nothing_any_more(store, queue, filled, remove):
    remove(store, queue)
    fresh = post(store, queue, *numbered_messages(3))

    for held in filled.claims:
        store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
        store.messages.delete_many(queue, parse_ids(ids(held.messages)[:20]), claim_ids=parse_ids([held.id]))
        store.claims.release(queue, named(held.id))
    store.messages.delete(queue, named(filled.ids[-2]), claim_id=None)
    store.messages.delete_many(queue, parse_ids(filled.ids[-20:]), claim_ids=None)

    assert ids(everything(store, queue)) == fresh
    assert (store.records.stats(queue).claimed, store.records.stats(queue).free) == (0, 3)


def test_what_is_posted_right_after_is_there_and_stays(store, queue, filled, remove):
    remove(store, queue)

    fresh = post(store, queue, *numbered_messages(3), new_message(b"3", delay=60))
    held = claim(store, queue, limit=1)

    for _ in range(2):
        assert ids(everything(store, queue)) == fresh
        assert ids(store.claims.get(queue, named(held.id)).messages) == fresh[:1]
        assert (store.records.stats(queue).claimed, store.records.stats(queue).free) == (1, 3)
        sweep_all(store)


def test_markers_from_before_go_on_with_what_is_posted_after(store, queue, filled, remove):
    remove(store, queue)
    fresh = post(store, queue, *numbered_messages(2))

    assert ids(listed(store, queue, marker=filled.ids[-1])) == fresh
    sweep_all(store)
    assert ids(listed(store, queue, marker=filled.ids[-1])) == fresh
    assert min(fresh) > max(filled.ids)


def test_nothing_of_it_comes_back_with_time(store, queue, filled, remove, clock):
    """Delays elapse and claims lapse in what still waits to be reclaimed."""
    remove(store, queue)
    fresh = post(store, queue, *numbered_messages(2))

    for _ in range(2):
        clock.move(60)
        assert ids(listed(store, queue)) == fresh
        assert store.records.stats(queue).free == 2
        sweep_all(store)
    assert numbers(store.messages.pop(queue, limit=10)) == [0, 1]


def test_what_expires_before_it_is_reclaimed_is_not_counted_twice(store, queue, filled, remove, clock):
    remove(store, queue)
    fresh = post(store, queue, *numbered_messages(2))

    clock.move(1000)
    sweep_all(store)

    assert ids(everything(store, queue)) == fresh
    assert (store.records.stats(queue).claimed, store.records.stats(queue).free) == (0, 2)


def test_a_queue_may_be_removed_again_before_the_sweep(store, queue, filled, remove):
    for first in (10, 20):
        remove(store, queue)
        post(store, queue, *numbered_messages(3, first=first))
    purge(store, queue)
    delete(store, queue)
    fresh = post(store, queue, *numbered_messages(3, first=30))

    sweep_all(store)

    assert ids(everything(store, queue)) == fresh
    assert store.records.stats(queue).total == 3


def test_the_sweep_reclaims_it_and_comes_to_an_end(store, queue, filled, remove):
    remove(store, queue)

    sweep_all(store)

    assert store.sweep() == 0


def test_a_deleted_queue_that_is_not_made_again_is_reclaimed(store, queue, filled):
    neighbour = queue_key(project=queue.project)
    store.records.create(neighbour)
    kept = post(store, neighbour, *numbered_messages(3))
    store.records.delete(queue)

    sweep_all(store)

    assert store.sweep() == 0
    assert everything(store, queue) == []
    assert ids(everything(store, neighbour)) == kept
