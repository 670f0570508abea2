"""Leases, what is fetched of the log, and what is removed of it."""

import threading

from tests.builders import new_message, new_token, numbered_messages
from tests.conformance.acts import everything, post
from tests.storage.mongodb.opening import opened
from tests.storage.mongodb.subscribers import (
    HOLDER,
    deliver_all,
    lease,
    noticed,
    noticed_ids,
    save,
    standing,
    subscribe,
)
from zaqar.models import Failing, Progress, Saved, Stats
from zaqar.storage.ids import named


def test_two_holders_never_have_the_same(server, name, store, queue):
    for number in range(30):
        subscribe(store, queue, f"http://{number}.example/")
    post(store, queue, new_message())
    taken, lock = [], threading.Lock()

    def take(holder):
        with opened(server.uri, name, store.parts.session.clock) as mine:
            start.wait()
            while leases := lease(mine, queue, holder=holder, limit=3):
                with lock:
                    taken.extend(each.subscription.id for each in leases)

    start = threading.Barrier(3)
    threads = [threading.Thread(target=take, args=[f"n{number}"]) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(taken) == len(set(taken)) == 30


def test_large_notices_are_fetched_one_by_one(store, queue, watch):
    subscribe(store, queue)
    for number in range(4):
        post(store, queue, new_message(str(number).encode() * 1000))

    assert [len(noticed(store, queue, most_bytes=most)) for most in (1, 1000, 1999, 2000, 10_000)] == [1, 1, 1, 2, 4]


def test_what_fails_keeps_its_notice_and_nothing_before_it(store, queue, data, clock):
    subscription = subscribe(store, queue)
    for number in range(3):
        post(store, queue, new_message(str(number).encode()))
    found = noticed(store, queue)
    lease(store, queue)
    failing = Failing(found[1].first, found[1].token, 1, (clock.now() + 5) * 1000, "500")

    assert list(save(store, queue, subscription, Progress(found[2].last, failing=[failing]))) == [subscription.id]

    assert noticed(store, queue) == found[1:]
    assert standing(store, queue, subscription).pending == 0
    clock.move(4)
    assert lease(store, queue) == []
    clock.move(1)
    assert [each.progress.failing[0] for each in lease(store, queue)] == [failing]


def test_a_confirmation_is_for_one_and_in_no_queue(store, queue, clock):
    first, second = subscribe(store, queue), subscribe(store, queue, "http://b.example/")
    store.deliveries.address(queue, named(first.id), new_message(b"7"), token=new_token())

    assert everything(store, queue) == []
    assert store.records.stats(queue) == Stats()
    assert (standing(store, queue, first).pending, standing(store, queue, second).pending) == (1, 0)
    assert deliver_all(store, queue) == [(first.subscriber, 7)]
    clock.move(3)
    assert lease(store, queue) == []
    assert store.deliveries.sources() == []


def test_hurry_is_told_once_to_whoever_has_the_lease(store, queue):
    subscription = subscribe(store, queue)
    post(store, queue, new_message())
    lease(store, queue)
    store.deliveries.hurry(queue, named(subscription.id))

    told = [save(store, queue, subscription, Progress(0))[subscription.id].is_hurried for _ in range(2)]

    assert told == [True, False]


def test_delivering_takes_so_many_commands_however_many_subscriptions_there_are(store, queue, watch, clock):
    """The first lease in a second looks for what has ended, and the first save for what nobody needs."""
    subscriptions = [subscribe(store, queue, f"http://{number}.example/") for number in range(30)]
    post(store, queue, new_message())
    lease(store, queue, holder="other", limit=1)
    with watch() as sent:
        assert len(lease(store, queue)) == 29
    assert [each.name for each in sent] == ["aggregate", "find", "update", "find"]
    with watch() as sent:
        (notice,) = noticed(store, queue)
    assert [each.name for each in sent] == ["aggregate", "find"]
    saved = [Saved(each.id, Progress(notice.last)) for each in subscriptions[1:]]
    for names in (["update", "find", "find", "delete"], ["update", "find"]):
        with watch() as sent:
            assert len(store.deliveries.save(queue, holder=HOLDER, seconds=3, saved=saved)) == 29
        assert [each.name for each in sent] == names


def test_a_log_without_a_record_is_read(store, queue, data):
    subscribe(store, queue)
    posted = post(store, queue, *numbered_messages(2))
    data.records.delete_many({})

    assert noticed_ids(store, queue) == posted
    assert len(lease(store, queue)) == 1
