"""Listing: filters, limit, markers and order."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import (
    CONSUMER,
    PRODUCER,
    WELL_FORMED,
    claim,
    everything,
    ids,
    listed,
    numbers,
    post,
    sweep_all,
)
from zaqar.storage.ids import named, parse_ids


def pages(store, queue, *, limit, **filters):
    """Return the pages that a reader sees who follows the markers until an empty one."""
    seen, marker = [], None
    while page := listed(store, queue, marker=marker, limit=limit, **filters):
        seen.append(page)
        marker = page[-1].id
    return seen


def test_a_listing_is_in_post_order(store, queue):
    for number in range(5):
        post(store, queue, *numbered_messages(3, first=3 * number))

    assert numbers(listed(store, queue)) == list(range(15))


def test_an_empty_and_a_missing_queue_list_nothing(store, queue):
    assert everything(store, queue) == []
    assert everything(store, queue_key()) == []


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (20, [7])])
def test_pages_hold_the_limit_and_only_the_last_is_short(store, queue, limit, sizes):
    post(store, queue, *numbered_messages(7))

    seen = pages(store, queue, limit=limit)

    assert [len(page) for page in seen] == sizes
    assert [number for page in seen for number in numbers(page)] == list(range(7))


def test_a_marker_means_strictly_after(store, queue):
    message_ids = post(store, queue, *numbered_messages(3))

    assert numbers(listed(store, queue, marker=message_ids[0])) == [1, 2]
    assert numbers(listed(store, queue, marker=message_ids[2])) == []


def test_a_reader_at_the_end_sees_what_is_posted_next(store, queue):
    """Storage W-R6."""
    (last,) = post(store, queue, new_message(b"1"))
    assert listed(store, queue, marker=last) == []

    post(store, queue, new_message(b"2"))

    assert numbers(listed(store, queue, marker=last)) == [2]


def test_the_marker_of_a_deleted_message_stays_valid(store, queue):
    """Storage W-R6."""
    message_ids = post(store, queue, *numbered_messages(4))
    store.messages.delete_many(queue, parse_ids(message_ids[:2]), claim_ids=None)

    assert numbers(listed(store, queue, marker=message_ids[0])) == [2, 3]
    assert numbers(listed(store, queue, marker=message_ids[1])) == [2, 3]


def test_the_marker_of_a_popped_message_stays_valid(store, queue):
    post(store, queue, *numbered_messages(3))
    (popped,) = store.messages.pop(queue, limit=1)

    assert numbers(listed(store, queue, marker=popped.id)) == [1, 2]


def test_the_marker_of_an_expired_message_stays_valid(store, queue, clock):
    """Storage W-R6."""
    (expired,) = post(store, queue, new_message(ttl=10))
    post(store, queue, *numbered_messages(2))
    clock.move(10)

    assert numbers(listed(store, queue, marker=expired)) == [0, 1]
    sweep_all(store)
    assert numbers(listed(store, queue, marker=expired)) == [0, 1]


def test_the_marker_of_a_claimed_message_stays_valid(store, queue):
    message_ids = post(store, queue, *numbered_messages(4))
    claim(store, queue, limit=2)

    assert numbers(listed(store, queue, marker=message_ids[0])) == [2, 3]
    assert numbers(listed(store, queue, marker=message_ids[0], include_claimed=True)) == [1, 2, 3]


def test_a_marker_from_before_the_first_message_shows_all(store, queue):
    post(store, queue, *numbered_messages(2))

    assert numbers(listed(store, queue, marker=WELL_FORMED)) == [0, 1]


def test_the_id_of_another_queue_is_a_place_in_the_order_too(store, queue):
    other = queue_key()
    store.records.create(other)
    (early,) = post(store, other, new_message())
    post(store, queue, *numbered_messages(2))

    assert set(numbers(listed(store, queue, marker=early))) <= {0, 1}


def test_claimed_messages_are_hidden_unless_asked_for(store, queue):
    """Storage W-R5."""
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=2)

    assert numbers(listed(store, queue)) == [2]
    shown = listed(store, queue, include_claimed=True)
    assert [(int(message.body), message.claim_id) for message in shown] == [(0, held.id), (1, held.id), (2, None)]


def test_delayed_messages_are_hidden_unless_asked_for(store, queue):
    post(store, queue, new_message(b"1", delay=60), new_message(b"2"))

    assert numbers(listed(store, queue)) == [2]
    assert numbers(listed(store, queue, include_delayed=True)) == [1, 2]


@pytest.mark.parametrize(
    ("include_claimed", "include_delayed", "shown"),
    [
        (False, False, [4, 5]),
        (True, False, [0, 2, 4, 5]),
        (False, True, [1, 3, 4, 5]),
        (True, True, [0, 1, 2, 3, 4, 5]),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_states_are_merged_in_post_order(store, queue, limit, include_claimed, include_delayed, shown):
    post(store, queue, new_message(b"0"), new_message(b"1", delay=60), new_message(b"2"), new_message(b"3", delay=60))
    claim(store, queue, limit=2)
    post(store, queue, *numbered_messages(2, first=4))

    page = listed(store, queue, limit=limit, include_claimed=include_claimed, include_delayed=include_delayed)

    assert numbers(page) == shown[:limit]


def test_an_echo_is_hidden_only_from_its_own_client(store, queue):
    post(store, queue, new_message(b"1"), client_id=PRODUCER)
    post(store, queue, new_message(b"2"), client_id=CONSUMER)

    assert numbers(listed(store, queue, hidden_client_id=PRODUCER)) == [2]
    assert numbers(listed(store, queue, hidden_client_id=CONSUMER)) == [1]
    assert numbers(listed(store, queue, hidden_client_id="a third")) == [1, 2]
    assert numbers(listed(store, queue, hidden_client_id=None)) == [1, 2]


@pytest.mark.parametrize("shows_all", [True, False])
def test_an_echo_is_hidden_before_the_limit(store, queue, shows_all):
    """Storage W-R4."""
    post(store, queue, *numbered_messages(600), client_id=PRODUCER)
    post(store, queue, *numbered_messages(3, first=600), client_id=CONSUMER)

    page = listed(
        store, queue, limit=2, hidden_client_id=PRODUCER, include_claimed=shows_all, include_delayed=shows_all
    )

    assert numbers(page) == [600, 601]


def test_claimed_messages_are_hidden_before_the_limit(store, queue):
    post(store, queue, *numbered_messages(603))
    claim(store, queue, limit=600)

    assert numbers(listed(store, queue, limit=2)) == [600, 601]


def test_delayed_messages_are_hidden_before_the_limit(store, queue):
    post(store, queue, *numbered_messages(600, delay=60))
    post(store, queue, *numbered_messages(3, first=600))

    assert numbers(listed(store, queue, limit=2)) == [600, 601]


def test_expired_messages_are_hidden_before_the_limit(store, queue, clock):
    post(store, queue, *numbered_messages(600, ttl=10))
    post(store, queue, *numbered_messages(3, first=600))
    clock.move(10)

    assert numbers(listed(store, queue, limit=2)) == [600, 601]


def test_all_filters_at_once_still_fill_the_page(store, queue):
    for first in range(0, 150, 3):
        post(store, queue, new_message(b"0"))
        claim(store, queue, limit=1)
        post(store, queue, new_message(b"0", delay=60))
        post(store, queue, *numbered_messages(5, first=first), client_id=CONSUMER)
        store.messages.pop(queue, limit=5)
    post(store, queue, *numbered_messages(300), client_id=CONSUMER)
    post(store, queue, *numbered_messages(3, first=400))

    assert numbers(listed(store, queue, limit=2, hidden_client_id=CONSUMER)) == [400, 401]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    posts=st.lists(st.tuples(st.integers(1, 4), st.sampled_from([PRODUCER, CONSUMER]), st.sampled_from([0, 60]))),
    claimed=st.integers(0, 10),
    limit=st.integers(1, 7),
    hidden=st.sampled_from([None, PRODUCER]),
    include_claimed=st.booleans(),
    include_delayed=st.booleans(),
)
def test_paging_shows_exactly_what_one_long_page_shows(
    store, posts, claimed, limit, hidden, include_claimed, include_delayed
):
    queue = queue_key()
    store.records.create(queue)
    for count, client_id, delay in posts:
        post(store, queue, *numbered_messages(count, delay=delay), client_id=client_id)
    if claimed:
        claim(store, queue, limit=claimed)
    filters = {
        "hidden_client_id": hidden,
        "include_claimed": include_claimed,
        "include_delayed": include_delayed,
    }

    seen = pages(store, queue, limit=limit, **filters)

    assert ids(message for page in seen for message in page) == ids(listed(store, queue, **filters))
    assert all(len(page) == limit for page in seen[:-1])


def test_a_clock_that_is_set_back_does_not_reorder_messages(store, queue, clock):
    (first,) = post(store, queue, new_message(b"1"))
    clock.move(-3600)

    post(store, queue, new_message(b"2"))

    assert numbers(listed(store, queue)) == [1, 2]
    assert numbers(listed(store, queue, marker=first)) == [2]
    assert [message.age for message in listed(store, queue)] == [0, 0]


def test_release_and_expiry_of_a_claim_keep_the_order(store, queue, clock):
    post(store, queue, *numbered_messages(6))
    released = claim(store, queue, limit=2)
    claim(store, queue, limit=2, ttl=60)
    store.claims.release(queue, named(released.id))
    clock.move(60)

    assert numbers(listed(store, queue)) == [0, 1, 2, 3, 4, 5]
