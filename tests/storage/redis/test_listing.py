"""Pages are full and markers hold. W-R4, W-R5, W-R6, W-R19."""

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.conformance.acts import CONSUMER, PRODUCER, claim, listed, numbers, post
from zaqar.storage.ids import named, parse_ids


@pytest.mark.parametrize("hidden", ["claimed", "delayed", "expired", "echo"])
def test_a_page_is_full_where_its_filters_hide_what_comes_first(store, queue, clock, hidden):
    """W-R4: the limit came before the filter, so a page was empty with more behind it."""
    how = {"expired": {"ttl": 60}, "delayed": {"delay": 900}}.get(hidden, {})
    post(store, queue, *numbered_messages(1000, **how), client_id=CONSUMER)
    if hidden == "claimed":
        claim(store, queue, limit=1000)
    post(store, queue, *numbered_messages(15), client_id=PRODUCER)
    clock.move(60)

    first = listed(store, queue, limit=10, hidden_client_id=CONSUMER)
    second = listed(store, queue, limit=10, hidden_client_id=CONSUMER, marker=first[-1].id)

    assert numbers([*first, *second]) == list(range(15))
    assert len(first) == 10


@pytest.mark.parametrize("states", [{"include_claimed": True}, {"include_claimed": True, "include_delayed": True}])
def test_a_listing_with_claimed_messages_needs_no_marker(store, queue, states):
    """W-R5: without one it was always answered with 503."""
    assert listed(store, queue, **states) == []
    post(store, queue, *numbered_messages(3))
    claim(store, queue, limit=2)

    assert numbers(listed(store, queue, **states)) == [0, 1, 2]


@pytest.mark.parametrize("way", ["deleted", "popped", "expired", "claimed", "moved to the end of a release"])
@pytest.mark.parametrize("place", [0, 5, 9])
def test_a_marker_is_a_place_and_not_a_message(store, queue, clock, way, place):
    """W-R6: the first place, and that of a message that was gone, began the listing anew."""
    message_ids = post(store, queue, *numbered_messages(10, ttl=60))
    post(store, queue, *numbered_messages(3, first=10))
    if way == "deleted":
        store.messages.delete_many(queue, parse_ids(message_ids[: place + 1]), claim_ids=None)
    elif way == "popped":
        store.messages.pop(queue, limit=place + 1)
    elif way == "expired":
        clock.move(60)
    else:
        held = claim(store, queue, limit=place + 1)
        if way != "claimed":
            store.claims.release(queue, named(held.id))

    page = listed(store, queue, marker=message_ids[place])

    first = 10 if way == "expired" else place + 1
    assert numbers(page) == list(range(first, 13))


def test_a_page_of_any_size_is_one_round_trip(store, queue, watch):
    """W-R19: it took one for each message."""
    post(store, queue, *[new_message()] * 500)

    with watch() as sent:
        assert len(listed(store, queue, limit=500)) == 500

    assert len(sent) == 1


def test_a_page_of_queues_is_one_round_trip_for_each_batch(management, watch):
    """W-R19: it took one for each queue, and knew no filter for metadata."""
    project = queue_key().project
    for number in range(1200):
        management.queues.create(
            queue_key(project=project, name=f"q{number:04}"), {"colour": "red"} if number % 100 == 0 else {}
        )

    with watch() as sent:
        whole = management.queues.list(project, marker=None, limit=1000, name_contains=None, metadata={})
    with watch() as filtered:
        red = management.queues.list(project, marker=None, limit=20, name_contains=None, metadata={"colour": "red"})

    assert (len(whole), len(sent)) == (1000, 1)
    assert [queue.name for queue in red] == [f"q{number:04}" for number in range(0, 1200, 100)]
    assert len(filtered) == 3
