"""Purges and deletions: they answer once their effect is seen, whatever the length of the queue; the sweep removes the rest."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, ids, listed, numbers, post
from tests.storage.mongodb.steps import replace_step
from zaqar.errors import ClaimNotFound, QueueNotFound, Unavailable
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import litter, posting, removal
from zaqar.storage.mongodb.messages.expiry import expire
from zaqar.storage.mongodb.messages.scope import scope_of

FEW = 5
"""Commands of a purge or a deletion: look, decide, find the ends of a batch, remove it, note that nothing is left."""


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Batches of four."""
    monkeypatch.setattr(removal, "BATCH", 4)


class Filled:
    """A queue of several batches of ready, claimed and delayed messages, and what a client knows of it."""

    def __init__(self, store, queue):
        self.ids = post(store, queue, *numbered_messages(14), new_message(delay=60), new_message(delay=60))
        self.held = claim(store, queue, ttl=600, limit=6)
        store.parts.writer.write_all()


@pytest.fixture
def filled(store, queue):
    return Filled(store, queue)


def left(data):
    return data.messages.count_documents({"state": {"$exists": True}})


def counted(store, data):
    """Return what the record tells when everything is written, and how many messages there are."""
    store.parts.writer.write_all()
    record = data.records.find_one({})
    return record["claimed"], record["total"], left(data)


def purge(store, queue):
    store.records.purge(queue)


def delete(store, queue):
    store.records.delete(queue)


def assert_nothing_old(store, queue, filled):
    """See that no operation sees anything of what was there, or does anything to it that shows."""
    assert everything(store, queue) == listed(store, queue) == []
    assert listed(store, queue, include_claimed=True) == listed(store, queue, include_delayed=True) == []
    assert store.messages.get(queue, parse_ids(filled.ids)) == []
    assert list(claim(store, queue).messages) == store.messages.pop(queue, limit=10) == []
    assert store.messages.pop(queue, limit=1) == list(claim(store, queue, limit=1).messages) == []
    for message_id in (filled.ids[0], filled.ids[-1]):
        store.messages.delete(queue, named(message_id), claim_id=None)
        store.messages.delete(queue, named(message_id), claim_id=named("0" * 30))
    store.messages.delete_many(queue, parse_ids(filled.ids[:3]), claim_ids=parse_ids(["0" * 30]))
    store.messages.delete_many(queue, parse_ids(filled.ids[:2]), claim_ids=None)
    with pytest.raises(ClaimNotFound):
        store.claims.get(queue, named(filled.held.id))
    with pytest.raises(ClaimNotFound):
        store.claims.renew(queue, named(filled.held.id), ttl=900, grace=60)
    store.claims.release(queue, named(filled.held.id))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5, 8, 40, 400])
@pytest.mark.parametrize("end", [purge, delete])
def test_it_takes_a_few_commands_whatever_the_length(store, queue, watch, count, end):
    """W-M10."""
    if count:
        post(store, queue, *numbered_messages(count))
        claim(store, queue, limit=5)

    with watch() as sent:
        end(store, queue)

    assert len(sent) <= FEW, [each.name for each in sent]
    assert max(each.reached for each in sent if each.name in {"aggregate", "delete"}) <= removal.BATCH


@pytest.mark.parametrize("is_known", [True, False], ids=["by the process", "by another"])
def test_what_was_purged_is_seen_by_nothing_and_counted_nowhere(store, other, queue, data, filled, is_known):
    purge(store if is_known else other, queue)
    assert left(data) == 12
    assert store.records.stats(queue) == other.records.stats(queue) == Stats()

    assert_nothing_old(store, queue, filled)
    assert store.records.stats(queue) == Stats()

    fresh = post(store, queue, *numbered_messages(2))
    assert (other.records.stats(queue).total, other.records.stats(queue).claimed) == (2, 0)
    store.sweep()
    assert counted(store, data) == (0, 2, 2)
    assert ids(everything(other, queue)) == fresh
    assert "litter" not in data.records.find_one({})


def test_changes_not_written_before_a_purge_by_another_process_are_not_counted_behind_it(store, other, queue, data):
    posted = post(store, queue, *numbered_messages(10))
    store.parts.writer.write_all()
    held = claim(store, queue, limit=4)
    store.messages.delete(queue, named(posted[9]), claim_id=None)
    purge(other, queue)
    fresh = post(other, queue, *numbered_messages(5))
    mine = claim(store, queue, limit=2)
    store.messages.delete(queue, named(mine.messages[0].id), claim_id=named(mine.id))
    store.claims.release(queue, named(held.id))

    assert (store.records.stats(queue).claimed, store.records.stats(queue).total) == (1, 4)
    store.parts.writer.write_all()
    assert (other.records.stats(queue).claimed, other.records.stats(queue).total) == (1, 4)
    assert ids(everything(other, queue)) == fresh[1:]


def test_a_purge_zeroes_what_others_wrote_since_it_looked(store, other, queue, monkeypatch):
    """And takes with it what was posted until then, and nothing of what is posted after."""
    post(store, queue, *numbered_messages(10))
    find, turns = store.parts.session.records.find, iter([True])

    def then_others(scope):
        found = find(scope)
        if next(turns, False):
            other.messages.pop(queue, limit=3)
            other.parts.writer.write_all()
            post(other, queue, *numbered_messages(2))
        return found

    monkeypatch.setattr(store.parts.session.records, "find", then_others)
    purge(store, queue)

    assert store.records.stats(queue) == Stats()
    fresh = post(other, queue, *numbered_messages(2))
    assert ids(everything(store, queue)) == fresh
    assert store.records.stats(queue).total == 2


def test_a_purge_looks_again_where_others_posted_very_much(store, other, queue, data, monkeypatch):
    find, turns = store.parts.session.records.find, iter([True])

    def then_others(scope):
        found = find(scope)
        if next(turns, False):
            data.records.update_one({"_id": scope}, {"$inc": {"next": 10**6}})
            post(other, queue, new_message())
        return found

    monkeypatch.setattr(store.parts.session.records, "find", then_others)
    purge(store, queue)

    assert everything(other, queue) == []
    assert store.records.stats(queue) == Stats()


@pytest.mark.parametrize("end", [purge, delete])
def test_a_post_that_a_purge_overtakes_is_seen_and_counted_nowhere(store, other, queue, data, monkeypatch, end):
    """One that a deletion overtakes finds no queue, or is in the next."""
    publish, turns = posting.publish, iter([True])

    def late(session, attempt, first):
        if next(turns, False):
            end(other, queue)
            other.records.create(queue)
        return publish(session, attempt, first)

    replace_step(monkeypatch, store, posting, "publish", late)
    posted = post(store, queue, *numbered_messages(3))

    seen = ids(everything(store, queue))
    assert seen == ([] if end is purge else posted)
    assert store.records.stats(queue).total == len(seen) == left(data)
    assert data.records.find_one({})["reservations"] == []


def test_a_post_of_an_earlier_life_of_the_queue_is_not_taken_for_one_of_this(store, queue):
    """Of its messages nothing is left; whoever repeats it wants them to be there."""
    token = new_token()
    before = store.messages.post(queue, numbered_messages(2), client_id=PRODUCER, token=token).ids
    delete(store, queue)
    store.records.create(queue)

    fresh = store.messages.post(queue, numbered_messages(2), client_id=PRODUCER, token=token).ids

    assert store.messages.post(queue, numbered_messages(2), client_id=PRODUCER, token=token).ids == fresh
    assert not set(fresh) & set(before)
    assert ids(everything(store, queue)) == fresh


@pytest.mark.parametrize("step", [*range(6), 100])
@pytest.mark.parametrize("end", [purge, delete])
@pytest.mark.parametrize("count", [3, 14])
def test_whatever_is_killed_between_two_commands_the_sweep_finishes(
    store, other, queue, data, monkeypatch, *, step, end, count
):
    posted = post(store, queue, *numbered_messages(count))
    run, sent = store.parts.session.database.run, iter(range(100))

    def dies(command, **keywords):
        if next(sent) >= step:
            raise Unavailable("The store cannot answer.")
        return run(command, **keywords)

    with monkeypatch.context() as patch:
        patch.setattr(store.parts.session.database, "run", dies)
        try:
            end(store, queue)
        except Unavailable:
            assert step < FEW
    assert numbers(everything(other, queue)) == (list(range(count)) if step < 2 else [])
    if step < 2:
        end(other, queue)
    other.records.create(queue)
    fresh = post(other, queue, *numbered_messages(3))

    assert ids(everything(other, queue)) == fresh
    assert other.messages.get(queue, parse_ids(posted)) == []
    while other.sweep():
        pass
    assert counted(other, data) == (0, 3, 3)
    assert ids(everything(other, queue)) == fresh
    assert "litter" not in data.records.find_one({})


def test_a_deletion_that_is_killed_leaves_no_record_for_ever(store, queue, data, clock, filled):
    delete(store, queue)
    assert left(data) == 12
    with pytest.raises(QueueNotFound):
        post(store, queue, new_message())
    assert_nothing_old(store, queue, filled)

    clock.move(2)
    while store.sweep():
        pass

    assert left(data) == data.records.count_documents({}) == 0


def test_remains_that_an_older_release_left_are_cleared(store, queue, data, clock, filled):
    """It notes no litter, and the floor stays where it was."""
    gone = {"deleted": clock.now(), "reservations": [], "struck": [], "due": clock.now()}
    data.records.update_one({"_id": scope_of(queue)}, {"$set": gone})
    assert_nothing_old(store, queue, filled)

    clock.move(2)
    while store.sweep():
        pass

    assert left(data) == data.records.count_documents({}) == 0


def test_a_queue_made_of_remains_of_an_older_release_shows_nothing_of_them(store, queue, data, clock, filled):
    gone = {"deleted": clock.now(), "reservations": [], "struck": [], "due": clock.now()}
    data.records.update_one({"_id": scope_of(queue)}, {"$set": gone})
    store.records.create(queue)
    assert_nothing_old(store, queue, filled)
    post(store, queue, *numbered_messages(2))

    while store.sweep():
        pass

    assert counted(store, data) == (0, 2, 2)


def test_the_sweep_gives_each_queue_its_turn_and_ends_in_time(store, queue, data, monkeypatch):
    """After each batch comes the next queue; what there is no time for is left to the next sweep, or to zaqar-gc."""
    queues = [queue, queue_key()]
    store.records.create(queues[1])
    for each in queues:
        post(store, each, *numbered_messages(20))
        purge(store, each)
    cleared, remove = [], litter.remove_batch

    def listed_first(session, scope, **words):
        cleared.append(scope)
        return remove(session, scope, **words)

    with monkeypatch.context() as patch:
        patch.setattr(litter, "remove_batch", listed_first)
        litter.clear_all(store.parts.session, seconds=-1.0)
        assert len(cleared) == 1
        litter.clear_all(store.parts.session, seconds=60.0)
    assert {cleared[1], cleared[2]} == {scope_of(each) for each in queues}
    assert cleared[1:5] == cleared[1:3] * 2
    assert left(data) == 0


def test_what_was_purged_on_its_way_to_a_dead_letter_queue_does_not_arrive(store, queue, data, clock):
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    posted = post(store, queue, *numbered_messages(10))
    target = {"queue": scope_of(dead), "ttl": None}
    on_its_way = {"state": "leaving", "claim": "0" * 30, "until": clock.now() + 30, "target": target}
    data.messages.update_one({"position": int(posted[9][:14], 16)}, {"$set": on_its_way})
    purge(store, queue)
    post(store, queue, new_message(b"77"))
    clock.move(31)

    assert numbers(listed(store, queue)) == [77]
    store.sweep()

    assert everything(store, dead) == []
    assert left(data) == 1
    assert claim(store, queue, dead_letter=dead_letter_rule(dead)).messages


def test_what_falls_due_below_the_floor_changes_no_figures(store, queue, data, clock, filled):
    purge(store, queue)
    fresh = post(store, queue, *numbered_messages(2), new_message(delay=60))
    claim(store, queue, limit=1, ttl=60)

    clock.move(700)
    assert ids(listed(store, queue)) == fresh

    assert (store.records.stats(queue).claimed, store.records.stats(queue).total) == (0, 3)
    assert counted(store, data)[:2] == (0, 3)


def test_what_expires_below_the_floor_changes_no_figures(store, queue, data, clock):
    post(store, queue, *numbered_messages(10, ttl=100))
    purge(store, queue)
    post(store, queue, new_message(ttl=100), new_message(ttl=1000))
    clock.move(100)

    assert expire(store.parts.session) == 7

    assert counted(store, data) == (0, 1, 1)


def test_a_deletion_of_many_counts_those_that_were_not_purged(store, other, queue, data, filled):
    """Where this process knows of the purge, at once; else the sweep counts."""
    store.records.purge(queue)
    fresh = post(store, queue, *numbered_messages(3))
    store.messages.delete_many(queue, parse_ids([*filled.ids[-3:], *fresh[:1], "0" * 30]), claim_ids=None)
    assert store.records.stats(queue).total == 2

    other.records.purge(queue)
    again = post(other, queue, *numbered_messages(3))
    store.messages.delete_many(queue, parse_ids([*fresh, *again[:1]]), claim_ids=None)
    store.parts.writer.write_all()
    assert "counted" not in data.records.find_one({})


def test_the_keys_of_a_purge_do_not_cross_the_network(store, queue, watch):
    """W-M10: two thousand of 80 bytes did, for each batch."""
    post(store, queue, *numbered_messages(500))

    with watch() as sent:
        store.records.purge(queue)

    assert max(each.reached for each in sent if "cursor" in each.reply) == 1
    assert all(
        set(query.wanted["_id"]) <= {"$gt", "$gte", "$lt", "$lte"}
        for each in sent
        if each.name == "delete"
        for query in each.queries
    )
