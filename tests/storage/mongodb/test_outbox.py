"""Notices are documents among the messages: in none of what is counted, listed, taken or removed with these."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, ids, listed, numbers, post
from tests.storage.mongodb.opening import opened
from tests.storage.mongodb.steps import replace_step
from tests.storage.mongodb.subscribers import (
    deliver_all,
    lease,
    noticed,
    noticed_ids,
    subscribe,
)
from zaqar.errors import QueueNotFound, Unavailable
from zaqar.models import Stats
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import posting, removal, subscribing
from zaqar.storage.mongodb.messages.leases import LEASE


def kept(data) -> int:
    return data.messages.count_documents({"state": "notice"})


def test_a_notice_is_no_message(store, queue, data, clock):
    subscribe(store, queue, ttl=100_000)
    posted = post(store, queue, *numbered_messages(3), new_message(b"3", delay=60))

    assert numbers(everything(store, queue)) == [0, 1, 2, 3]
    assert store.records.stats(queue).total == 4
    assert ids(store.messages.get(queue, parse_ids(posted))) == posted
    assert numbers(claim(store, queue, limit=1).messages) == [0]
    assert numbers(store.messages.pop(queue, limit=10)) == [1, 2]
    store.messages.delete_many(queue, parse_ids(posted), claim_ids=None)
    clock.move(90)
    store.sweep()
    assert store.records.stats(queue) == Stats()
    assert noticed_ids(store, queue) == posted
    assert kept(data) == 1


@pytest.mark.parametrize("count", [1, 4, 9])
def test_a_purge_and_a_deletion_leave_the_notices(store, queue, data, monkeypatch, clock, count):
    """notifications N-68."""
    monkeypatch.setattr(removal, "BATCH", 4)
    subscribe(store, queue, ttl=100_000)
    before = post(store, queue, *numbered_messages(count))
    store.records.purge(queue)
    after = post(store, queue, *numbered_messages(count))
    store.records.delete(queue)
    clock.move(90)
    store.sweep()
    assert noticed_ids(store, queue) == before + after
    store.records.create(queue)
    last = post(store, queue, new_message(b"9"))

    assert noticed_ids(store, queue) == before + after + last
    assert data.messages.count_documents({"state": {"$exists": True}}) == 4


def test_what_expires_is_not_its_notice(store, queue, data, clock):
    subscribe(store, queue, ttl=100_000)
    posted = post(store, queue, *numbered_messages(2, ttl=60), *numbered_messages(1, ttl=120))
    clock.move(120 + 3599)
    assert store.sweep() == 3
    assert noticed_ids(store, queue) == posted

    clock.move(1)

    assert store.sweep() == 0
    assert kept(data) == 0


def test_a_queue_without_subscribers_has_the_documents_it_had(store, queue, data, watch):
    posted = store.messages.post(queue, numbered_messages(3), client_id=PRODUCER, token=new_token())

    assert not posted.has_notice
    assert data.messages.count_documents({}) == 4
    assert "notify_until" not in data.records.find_one({})


def test_a_post_to_subscribers_takes_as_many_commands(store, queue, data, watch):
    subscribe(store, queue)
    post(store, queue, new_message())

    with watch() as sent:
        posted = store.messages.post(queue, numbered_messages(3), client_id=PRODUCER, token=new_token())

    assert [each.name for each in sent] == ["findAndModify", "insert", "findAndModify"]
    assert posted.has_notice


def test_a_silent_post_and_a_dead_letter_leave_none(store, queue, data, clock):
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, new_message())
    claim(store, queue, ttl=60)
    clock.move(60)
    for key in (queue, dead):
        subscribe(store, key)

    posted = store.messages.post(queue, [new_message()], client_id=PRODUCER, token=new_token(), audience="nobody")
    claim(store, queue, dead_letter=dead_letter_rule(dead))

    assert len(everything(store, dead)) == 1
    assert not posted.has_notice
    assert kept(data) == 0


def test_a_post_that_reserved_before_the_subscription_is_not_for_it(store, other, queue, data, monkeypatch):
    def overtaken(*arguments):
        subscribed.append(subscribe(other, queue))
        return usual(*arguments)

    usual, subscribed = posting.insert, []
    post(store, queue, new_message())
    with monkeypatch.context() as patched:
        replace_step(patched, store, posting, "insert", overtaken)
        post(store, queue, new_message(b"1"))
    post(store, queue, new_message(b"2"))

    assert deliver_all(store, queue) == [("http://a.example/", 2)]


def test_a_post_that_reserves_before_the_subscription_is_there_leaves_a_notice(store, other, queue, monkeypatch):
    """Nobody sees it yet: too many notices cost little."""

    def late(*arguments):
        post(other, queue, new_message(b"1"))
        return usual(*arguments)

    usual = subscribing._is_inserted
    replace_step(monkeypatch, store, subscribing, "_is_inserted", late)
    subscribe(store, queue)

    assert deliver_all(store, queue) == [("http://a.example/", 1)]


def test_a_notice_waits_for_the_posts_before_it(store, other, queue, clock, monkeypatch):
    def overtaken(*arguments):
        post(other, queue, new_message(b"2"))
        assert numbers(everything(other, queue)) == [0]
        assert noticed(other, queue) == []
        assert lease(other, queue, holder="other") == []
        return usual(*arguments)

    usual = posting.publish
    subscribe(store, queue)
    post(store, queue, new_message(b"0"))
    deliver_all(store, queue)
    clock.move(3)
    with monkeypatch.context() as patched:
        replace_step(patched, store, posting, "publish", overtaken)
        post(store, queue, new_message(b"1"))

    assert deliver_all(store, queue) == [("http://a.example/", 1), ("http://a.example/", 2)]


def test_a_struck_post_leaves_no_notice(server, name, store, queue, data, clock, monkeypatch):
    def gives_up(*arguments):
        raise Unavailable("cut off")

    subscribe(store, queue)
    with opened(server.uri, name, clock) as dying, monkeypatch.context() as patched:
        replace_step(patched, dying, posting, "publish", gives_up)
        with pytest.raises(Unavailable):
            post(dying, queue, *numbered_messages(3))
    assert kept(data) == 1
    assert noticed(store, queue) == []
    clock.move(LEASE)

    assert everything(store, queue) == []
    assert kept(data) == 0


def test_a_post_that_was_late_leaves_the_notice_of_its_second_attempt(store, other, queue, data, clock, monkeypatch):
    def late(*arguments):
        if next(turns, False):
            clock.move(LEASE)
            everything(other, queue)
        return usual(*arguments)

    usual, turns = posting.publish, iter([True])
    subscribe(store, queue)
    replace_step(monkeypatch, store, posting, "publish", late)
    posted = post(store, queue, *numbered_messages(3))

    assert ids(everything(store, queue)) == noticed_ids(store, queue) == posted
    assert kept(data) == 1


@pytest.mark.parametrize("step", ["insert", "publish"])
def test_a_post_that_a_purge_overtakes_is_told_to_subscribers(store, other, queue, data, monkeypatch, step):
    def late(*arguments):
        if next(turns, False):
            other.records.purge(queue)
        return usual(*arguments)

    usual, turns = getattr(posting, step), iter([True])
    subscribe(store, queue)
    replace_step(monkeypatch, store, posting, step, late)
    posted = post(store, queue, *numbered_messages(3))

    assert everything(store, queue) == []
    assert noticed_ids(store, queue) == posted
    assert data.records.find_one({})["reservations"] == []


def test_a_post_that_a_deletion_overtakes_leaves_no_notice(store, other, queue, data, monkeypatch):
    def late(*arguments):
        other.records.delete(queue)
        return usual(*arguments)

    usual = posting.publish
    subscribe(store, queue)
    replace_step(monkeypatch, store, posting, "publish", late)
    with pytest.raises(QueueNotFound):
        post(store, queue, *numbered_messages(3))

    assert kept(data) == 0


def test_listings_beside_notices_are_what_they_were(store, queue):
    subscribe(store, queue)
    posted = [each for number in range(5) for each in post(store, queue, *numbered_messages(2, first=2 * number))]

    assert ids(listed(store, queue, marker=posted[3], include_claimed=True)) == posted[4:]
    assert ids(listed(store, queue, include_delayed=True)) == posted


def test_a_notice_says_what_it_is_of_only_where_older_releases_knew_no_word_for_it(store, queue, data):
    made = subscribe(store, queue)
    for audience in ("everybody", "all but queues"):
        store.messages.post(queue, [new_message()], client_id=PRODUCER, token=new_token(), audience=audience)
    store.deliveries.address(queue, named(made.id), new_message(), token=new_token())

    found = list(data.messages.find({"state": "notice"}, sort=[("last", 1)]))

    assert [(each["for"], each.get("purpose")) for each in found] == [("", None), ("", "copy"), (made.id, None)]
    assert [notice.purpose for notice in noticed(store, queue)] == ["post", "copy", "question"]


def test_an_origin_is_read_where_it_is_asked_for_and_never_decoded_elsewhere(store, queue, data):
    """What no listing shows it need not understand."""
    posted = post(store, queue, *numbered_messages(2))
    data.messages.update_many({"state": "ready"}, {"$set": {"origin": b"no origin"}})

    assert numbers(listed(store, queue)) == [0, 1]
    assert numbers(claim(store, queue, limit=1).messages) == [0]
    assert numbers(store.messages.pop(queue, limit=1)) == [1]
    with pytest.raises(ValueError, match="malformed"):
        store.messages.details(queue, named(posted[0]))
