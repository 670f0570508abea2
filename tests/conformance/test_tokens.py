"""The token of a post: a networked store may get the same post twice, and stores it once.

Stores in the same process as their user lose no answers, so they need no such memory and have no rows here; nor have
those on which races prove nothing, as half of these tests are races.
"""

import functools

import pytest

from tests.builders import new_token, numbered_messages, queue_key
from tests.conformance.acts import PRODUCER, claim, everything, ids, numbers
from tests.conformance.backends import BACKENDS
from tests.conformance.threads import together
from zaqar.errors import QueueNotFound
from zaqar.storage.ids import named

NETWORKED = [backend for backend in BACKENDS if backend.is_networked and backend.has_races]
THREADS = 6

pytestmark = pytest.mark.parametrize("stores", NETWORKED, ids=lambda backend: backend.name, indirect=True)


def post(store, queue, token, *, count=3):
    return store.messages.post(queue, numbered_messages(count), client_id=PRODUCER, token=token).ids


def test_a_repeated_post_answers_the_same_and_stores_nothing(store, queue):
    token = new_token()
    first = post(store, queue, token)

    assert post(store, queue, token) == first
    assert ids(everything(store, queue)) == first
    assert store.records.stats(queue).total == 3


def test_a_post_is_known_in_another_process(stores, queue):
    token = new_token()
    first = post(stores.message, queue, token)

    assert post(stores.reopen().message, queue, token) == first
    assert ids(everything(stores.message, queue)) == first


def test_a_post_is_known_after_its_messages_were_claimed_and_deleted(store, queue):
    token = new_token()
    first = post(store, queue, token)
    held = claim(store, queue)
    for message in held.messages:
        store.messages.delete(queue, named(message.id), claim_id=named(held.id))

    assert post(store, queue, token) == first
    assert everything(store, queue) == []
    assert store.records.stats(queue).total == 0


def test_a_post_is_known_after_its_messages_were_popped(store, queue):
    token = new_token()
    first = post(store, queue, token)
    store.messages.pop(queue, limit=10)

    assert post(store, queue, token) == first
    assert everything(store, queue) == []


def test_a_post_is_known_after_others_came(store, queue):
    token = new_token()
    first = post(store, queue, token)
    others = post(store, queue, new_token())

    assert post(store, queue, token) == first
    assert ids(everything(store, queue)) == first + others


def test_another_token_posts_again(store, queue):
    first, second = (post(store, queue, new_token()) for _ in range(2))

    assert not set(first) & set(second)
    assert numbers(everything(store, queue)) == [0, 1, 2] * 2


def test_the_same_token_in_another_queue_posts_there(store, queue):
    token, other = new_token(), queue_key(project=queue.project)
    store.records.create(other)
    here, there = (post(store, key, token) for key in (queue, other))

    assert ids(everything(store, queue)) == here
    assert ids(everything(store, other)) == there


def test_a_post_that_found_no_queue_is_not_remembered(store):
    token, queue = new_token(), queue_key()
    with pytest.raises(QueueNotFound):
        post(store, queue, token)
    store.records.create(queue)
    first = post(store, queue, token)

    assert ids(everything(store, queue)) == first


def test_the_same_post_from_many_threads_at_once_is_stored_once(stores, queue):
    sides = [stores.message, stores.reopen().message] * (THREADS // 2)
    posted = []
    for _ in range(30):
        token = new_token()
        first, *others = together(*(functools.partial(post, store, queue, token) for store in sides))
        assert others == [first] * (THREADS - 1)
        posted += first

    assert ids(everything(stores.message, queue)) == posted


def test_a_post_repeated_while_its_messages_are_consumed_is_stored_once(stores, queue):
    sides = [stores.message, stores.reopen().message]
    for _ in range(30):
        token = new_token()
        pop = functools.partial(sides[1].messages.pop, queue, limit=10)
        *answers, popped, popped_again = together(
            *(functools.partial(post, store, queue, token) for store in sides), pop, pop
        )
        rest = sides[0].messages.pop(queue, limit=10)

        assert answers[0] == answers[1] == sorted(ids([*popped, *popped_again, *rest]))
