"""Removing by ranges of keys: batch by batch, beside messages that change their state, and what it costs."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, ids, post
from zaqar.errors import Unavailable
from zaqar.storage.mongodb import removal


@pytest.fixture
def small(monkeypatch):
    """Batches of four."""
    monkeypatch.setattr(removal, "BATCH", 4)


def counted(store, data):
    """Return what the record tells when everything is written, and how many messages there are."""
    store._writer.write_all()
    record = data.records.find_one({})
    return record["claimed"], record["total"], data.messages.count_documents({"state": {"$exists": True}})


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 11])
@pytest.mark.parametrize("claimed", [0, 2, 5, 11])
@pytest.mark.usefixtures("small")
def test_a_purge_leaves_nothing_and_counts_all(store, queue, data, count, claimed):
    if count:
        post(store, queue, *numbered_messages(count, delay=0), new_message(delay=60))
    if claimed:
        claim(store, queue, limit=claimed)

    store.purge_messages(queue)

    assert counted(store, data) == (0, 0, 0)


@pytest.mark.parametrize("is_released", [True, False])
@pytest.mark.usefixtures("small")
def test_what_changes_its_state_in_the_middle_of_a_batch_is_removed_and_counted(
    store, queue, data, monkeypatch, is_released
):
    posted = post(store, queue, *numbered_messages(10))
    held = claim(store, queue, limit=3)
    remove, changes = removal._remove, iter([True])

    def disturbed(database, counters, scope, keys, states, *, position):
        gone = remove(database, counters, scope, keys, states, position=position)
        if next(changes, False):  # between the claimed ones of the first batch and the others
            if is_released:
                message = data.messages.find_one({"state": "ready"})
                data.messages.update_one({"_id": message["_id"]}, {"$set": {"state": "claimed", "claim": held.id}})
                counters.add(scope, claimed=1)
            else:
                post(store, queue, new_message(b"99"))
        return gone

    monkeypatch.setattr(removal, "_remove", disturbed)

    store.purge_messages(queue)

    left = [] if is_released else ids(everything(store, queue))
    assert counted(store, data) == (0, len(left), len(left))
    assert not set(left) & set(posted)


@pytest.mark.usefixtures("small")
def test_a_purge_broken_off_between_batches_is_finished_by_the_sweep(store, queue, data, clock, monkeypatch):
    post(store, queue, *numbered_messages(10))
    remove, turns = removal._remove_batch, iter([True])

    def once(*arguments, **keywords):
        if not next(turns, False):
            raise Unavailable("The store cannot answer.")
        return remove(*arguments, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(removal, "_remove_batch", once)
        with pytest.raises(Unavailable):
            store.purge_messages(queue)
    assert everything(store, queue) == []
    assert counted(store, data) == (0, 6, 6)

    clock.move(30)
    store.sweep()

    assert counted(store, data) == (0, 0, 0)


def test_the_keys_of_a_purge_do_not_cross_the_network(store, queue, watch):
    """W-M10: two thousand of 80 bytes did, for each batch."""
    post(store, queue, *numbered_messages(500))

    with watch() as sent:
        store.purge_messages(queue)

    assert max(each.reached for each in sent if "cursor" in each.reply) == 1
    assert all(
        set(query.wanted["_id"]) <= {"$gt", "$gte", "$lt", "$lte"}
        for each in sent
        if each.name == "delete"
        for query in each.queries
    )


@pytest.mark.usefixtures("small")
def test_a_deleted_queue_goes_batch_by_batch(store, queue, data, watch):
    post(store, queue, *numbered_messages(10))
    claim(store, queue, limit=3)

    with watch() as sent:
        store.delete_queue(queue)

    assert [each.name for each in sent if each.collection == "messages"] == ["aggregate", "delete"] * 3
    assert data.messages.count_documents({"state": {"$exists": True}}) == 0
