"""Posts with a memory: repeated with the same token they post nothing, whatever became of the messages, in any store."""

import functools

import pytest

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, ids, post, subscribe, sweep_all
from tests.conformance.backends import RACING
from tests.conformance.outbox_acts import log
from tests.conformance.threads import together
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named, parse_ids

HOUR = 3600


def post_remembered(store, queue, token, *, count=1, ttl=HOUR, audience="everybody"):
    """Post numbered messages, to be remembered for an hour; return their ids."""
    new = numbered_messages(count, ttl=ttl)
    posted = store.messages.post(queue, new, client_id=PRODUCER, token=token, audience=audience, memory=HOUR)
    return list(posted.ids)


@pytest.mark.parametrize("count", [1, 3, 120])
def test_a_repetition_answers_the_first_ids_and_posts_nothing(store, queue, count):
    token = new_token()
    first = post_remembered(store, queue, token, count=count)

    assert post_remembered(store, queue, token, count=count) == first
    assert len(set(first)) == count
    assert ids(everything(store, queue)) == first
    assert store.records.stats(queue).total == count


def test_a_repetition_in_another_process_posts_nothing(stores, queue):
    token = new_token()
    first = post_remembered(stores.message, queue, token, count=2)

    assert post_remembered(stores.reopen().message, queue, token, count=2) == first
    assert ids(everything(stores.message, queue)) == first


def pop_all(store, queue):
    store.messages.pop(queue, limit=10)


def delete_all(store, queue):
    store.messages.delete_many(queue, parse_ids(ids(everything(store, queue))), claim_ids=None)


def claim_and_delete_all(store, queue):
    held = claim(store, queue)
    for message in held.messages:
        store.messages.delete(queue, named(message.id), claim_id=named(held.id))


def purge(store, queue):
    store.records.purge(queue)


@pytest.mark.parametrize("remove", [pop_all, delete_all, claim_and_delete_all, purge])
def test_a_repetition_posts_nothing_after_the_messages_are_gone(store, queue, clock, remove):
    token = new_token()
    first = post_remembered(store, queue, token, count=3)
    remove(store, queue)
    clock.move(HOUR - 1)
    sweep_all(store)

    assert post_remembered(store, queue, token, count=3) == first
    assert everything(store, queue) == []
    assert store.records.stats(queue).total == 0


def test_a_repetition_posts_nothing_while_the_messages_are_claimed(store, queue):
    token = new_token()
    first = post_remembered(store, queue, token, count=3)
    held = claim(store, queue)

    assert post_remembered(store, queue, token, count=3) == first
    assert ids(everything(store, queue)) == ids(held.messages) == first


def test_a_repetition_posts_nothing_after_the_messages_have_expired(store, queue, clock):
    token = new_token()
    first = post_remembered(store, queue, token, ttl=60)
    clock.move(120)
    sweep_all(store)

    assert post_remembered(store, queue, token, ttl=60) == first
    assert everything(store, queue) == []


def test_a_repetition_posts_nothing_after_a_purge_of_many_messages(store, queue):
    token = new_token()
    first = post_remembered(store, queue, token)
    for start in range(0, 600, 200):
        post(store, queue, *numbered_messages(200, first=start))
    store.records.purge(queue)
    sweep_all(store)

    assert post_remembered(store, queue, token) == first
    assert everything(store, queue) == []


def test_a_queue_that_was_made_again_remembers_nothing(store, queue):
    token = new_token()
    post_remembered(store, queue, token)
    store.records.delete(queue)
    store.records.create(queue)

    again = post_remembered(store, queue, token)

    assert ids(everything(store, queue)) == again
    assert post_remembered(store, queue, token) == again
    assert store.records.stats(queue).total == 1


def test_a_post_that_found_no_queue_is_not_remembered(store):
    token, queue = new_token(), queue_key()
    with pytest.raises(QueueNotFound):
        post_remembered(store, queue, token)
    store.records.create(queue)

    posted = post_remembered(store, queue, token)

    assert ids(everything(store, queue)) == posted


def test_after_its_time_a_repetition_may_post_again(store, queue, clock):
    """A store may remember longer; then it answers with what it remembers still."""
    token = new_token()
    first = post_remembered(store, queue, token, ttl=10 * HOUR)
    clock.move(HOUR + 1)
    sweep_all(store)

    again = post_remembered(store, queue, token, ttl=10 * HOUR)

    assert ids(everything(store, queue)) == (first if again == first else first + again)


def test_the_same_token_in_another_queue_posts_there(store, queue):
    token, other = new_token(), queue_key(project=queue.project)
    store.records.create(other)

    here, there = (post_remembered(store, key, token) for key in (queue, other))

    assert ids(everything(store, queue)) == here
    assert ids(everything(store, other)) == there


def test_a_repetition_leaves_no_second_notice(store, queue):
    subscribe(store, queue)
    token = new_token()
    for _ in range(2):
        post_remembered(store, queue, token)

    assert len(log(store, queue)) == 1


def test_a_silent_post_is_remembered(store, queue):
    subscribe(store, queue)
    token = new_token()
    first = post_remembered(store, queue, token, audience="nobody")

    assert post_remembered(store, queue, token, audience="nobody") == first
    assert ids(everything(store, queue)) == first
    assert log(store, queue) == []


def test_another_token_posts_again(store, queue):
    first, second = (post_remembered(store, queue, new_token()) for _ in range(2))

    assert ids(everything(store, queue)) == first + second


def test_what_others_post_in_between_stays(store, queue):
    token = new_token()
    first = post_remembered(store, queue, token)
    other = post(store, queue, new_message())

    assert post_remembered(store, queue, token) == first
    assert ids(everything(store, queue)) == first + other


@pytest.mark.parametrize("stores", RACING, ids=lambda backend: backend.name, indirect=True)
def test_the_same_post_from_several_threads_is_stored_once(stores, queue):
    sides = [stores.message, stores.reopen().message] * 2
    posted = []
    for _ in range(10):
        token = new_token()
        first, *others = together(*(functools.partial(post_remembered, store, queue, token) for store in sides))
        assert others == [first] * 3
        posted += first

    assert ids(everything(stores.message, queue)) == posted
