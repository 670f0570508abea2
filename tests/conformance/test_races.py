"""Consumers against consumers: what is free goes to exactly one of them.

Each race runs over two pairs of stores on the same data, as two processes would.
"""

import collections
import contextlib
import functools
import itertools

import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, exists, ids, listed, numbers, post, sweep_all
from tests.conformance.backends import RACING
from tests.conformance.threads import together
from zaqar.errors import ClaimNotFound, ClaimNotHeld, Conflict, MessageClaimed
from zaqar.storage.ids import named, parse_ids

THREADS = 6

pytestmark = pytest.mark.parametrize("stores", RACING, ids=lambda backend: backend.name, indirect=True)


@pytest.fixture
def sides(stores):
    """Return the message stores that the threads take in turn."""
    return [stores.message, stores.reopen().message] * (THREADS // 2)


def claim_until_empty(store, queue, *, limit):
    taken = []
    while messages := claim(store, queue, limit=limit).messages:
        taken += ids(messages)
    return taken


def pop_until_empty(store, queue, *, limit):
    taken = []
    while messages := store.messages.pop(queue, limit=limit):
        taken += ids(messages)
    return taken


def test_many_claimers_share_the_messages_without_loss(sides, queue):
    message_ids = post(sides[0], queue, *numbered_messages(1500))

    taken = together(*(functools.partial(claim_until_empty, store, queue, limit=7) for store in sides))

    assert sorted(itertools.chain(*taken)) == message_ids
    assert sides[0].records.stats(queue).claimed == 1500


def test_many_poppers_share_the_messages_without_loss(sides, queue):
    message_ids = post(sides[0], queue, *numbered_messages(1500))

    taken = together(*(functools.partial(pop_until_empty, store, queue, limit=7) for store in sides))

    assert sorted(itertools.chain(*taken)) == message_ids
    assert everything(sides[0], queue) == []
    assert sides[0].records.stats(queue).total == 0


def test_claimers_and_poppers_never_take_the_same_message(sides, queue):
    message_ids = post(sides[0], queue, *numbered_messages(1500))
    takers = [claim_until_empty, pop_until_empty] * (THREADS // 2)

    taken = together(
        *(functools.partial(take, store, queue, limit=5) for take, store in zip(takers, sides, strict=True))
    )

    assert sorted(itertools.chain(*taken)) == message_ids
    claimed = {message_id for one in taken[::2] for message_id in one}
    assert set(ids(everything(sides[0], queue))) == claimed


@pytest.mark.parametrize(
    "take", [lambda s, q: claim(s, q, limit=20).messages, lambda s, q: s.messages.pop(q, limit=20)]
)
def test_contention_never_makes_a_consumer_come_back_short(sides, queue, take):
    """Storage W-M2."""
    for _ in range(15):
        post(sides[0], queue, *numbered_messages(20 * THREADS))

        taken = together(*(functools.partial(take, store, queue) for store in sides))

        assert [len(messages) for messages in taken] == [20] * THREADS
        assert all(numbers(messages) == sorted(numbers(messages)) for messages in taken)


def test_messages_of_lapsed_claims_go_to_one_claimer_each(sides, queue, clock):
    message_ids = post(sides[0], queue, *numbered_messages(200))
    while claim(sides[0], queue, ttl=60, limit=3).messages:
        pass
    clock.move(60)

    taken = together(*(functools.partial(claim_until_empty, store, queue, limit=7) for store in sides))

    assert sorted(itertools.chain(*taken)) == message_ids


def test_due_messages_go_to_one_claimer_each(sides, queue, clock):
    message_ids = post(sides[0], queue, *numbered_messages(500, delay=60))
    clock.move(60)

    taken = together(*(functools.partial(claim_until_empty, store, queue, limit=7) for store in sides))

    assert sorted(itertools.chain(*taken)) == message_ids


def test_a_delete_without_claim_never_takes_a_claimed_message(sides, queue):
    """Storage W-M5."""
    message_ids = post(sides[0], queue, *numbered_messages(1000))

    def delete_each(store, doomed):
        deleted = []
        for message_id in doomed:
            with contextlib.suppress(MessageClaimed):
                store.messages.delete(queue, named(message_id), claim_id=None)
                deleted.append(message_id)
        return deleted

    deleters = [functools.partial(delete_each, store, message_ids[start::2]) for start, store in enumerate(sides[:2])]
    claimers = [functools.partial(claim_until_empty, store, queue, limit=5) for store in sides[:2]]
    *deleted, first, second = together(*deleters, *claimers)

    deleted = set(itertools.chain(*deleted))
    claimed = set(first) | set(second)
    assert deleted | claimed == set(message_ids)
    assert not deleted & claimed
    assert set(ids(everything(sides[0], queue))) == claimed


def test_a_lost_claim_never_deletes_under_the_new_holder(sides, queue, clock):
    for _ in range(40):
        (message_id,) = post(sides[0], queue, new_message())
        lost = claim(sides[0], queue, ttl=60)
        clock.move(60)

        def delete_late(message_id=message_id, lost=lost):
            with contextlib.suppress(ClaimNotHeld):
                sides[0].messages.delete(queue, named(message_id), claim_id=named(lost.id))

        _, held = together(delete_late, functools.partial(claim, sides[1], queue))
        assert ids(held.messages) == [message_id]
        assert exists(sides[0], queue, message_id)
        sides[1].messages.delete(queue, named(message_id), claim_id=named(held.id))


def test_guarded_bulk_deletes_stay_all_or_nothing(sides, queue):
    for _ in range(40):
        message_ids = post(sides[0], queue, *numbered_messages(4))
        held = claim(sides[0], queue, limit=4)

        def delete_guarded(message_ids=message_ids, held=held):
            with contextlib.suppress(MessageClaimed):
                sides[0].messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids([held.id]))

        together(delete_guarded, functools.partial(sides[1].claims.release, queue, named(held.id)))
        assert len(everything(sides[0], queue)) in (0, 4)
        sides[0].records.purge(queue)


def test_a_message_moves_to_the_dead_letter_queue_once(sides, queue):
    dead = queue_key(project=queue.project)
    sides[0].records.create(dead)
    post(sides[0], queue, *numbered_messages(100))
    held = claim(sides[0], queue, limit=100)
    sides[0].claims.release(queue, named(held.id))
    post(sides[0], queue, *numbered_messages(100, first=100))
    rule = dead_letter_rule(dead)

    taken = together(
        *(functools.partial(claim, store, queue, limit=10, dead_letter=rule) for store in sides),
    )

    kept = sorted(number for held in taken for number in numbers(held.messages))
    assert kept == list(range(100, 100 + 10 * THREADS))
    assert sorted(numbers(listed(sides[0], dead))) == list(range(100))


def test_many_dead_letters_move_once_while_claimers_and_the_sweep_compete(sides, queue):
    dead = queue_key(project=queue.project)
    sides[0].records.create(dead)
    post(sides[0], queue, *numbered_messages(1200))
    sides[0].claims.release(queue, named(claim(sides[0], queue, limit=1200).id))
    live = post(sides[0], queue, *numbered_messages(100, first=1200))
    rule = dead_letter_rule(dead)

    def claim_some(store):
        return [
            message_id for _ in range(20) for message_id in ids(claim(store, queue, limit=7, dead_letter=rule).messages)
        ]

    *taken, _ = together(
        *(functools.partial(claim_some, store) for store in sides), functools.partial(sweep_all, sides[0])
    )
    sweep_all(sides[1])

    kept = sorted(itertools.chain(*taken))
    assert kept == live[: len(kept)]
    assert sorted(numbers(listed(sides[0], dead))) == list(range(1200))
    assert ids(everything(sides[0], queue)) == live


def test_counters_agree_with_the_listing_after_a_melee(sides, queue):
    def work(store, number):
        for step in range(60):
            post(store, queue, *numbered_messages(3, delay=60 if step % 5 == 0 else 0))
            held = claim(store, queue, limit=2)
            if step % 3 == 0 and held.messages:
                store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))
            if step % 3 == 1:
                store.claims.release(queue, named(held.id))
            with contextlib.suppress(ClaimNotFound):
                store.claims.renew(queue, named(held.id), ttl=900, grace=60)
            store.messages.pop(queue, limit=1)
            if number == 0:
                store.messages.delete_many(queue, parse_ids(ids(listed(store, queue, limit=2))), claim_ids=None)

    together(*(functools.partial(work, store, number) for number, store in enumerate(sides)))

    messages = everything(sides[0], queue)
    stats = sides[1].records.stats(queue)
    assert stats.total == len(messages)
    assert stats.claimed == sum(message.claim_id is not None for message in messages)
    assert (stats.oldest.id, stats.newest.id) == (messages[0].id, messages[-1].id)


def test_one_of_many_creators_creates_the_queue(stores):
    managements = [stores.management, stores.reopen().management] * (THREADS // 2)
    for _ in range(10):
        key = queue_key()

        created = together(
            *(functools.partial(management.queues.create, key, {"by": n}) for n, management in enumerate(managements))
        )

        assert collections.Counter(created) == {True: 1, False: THREADS - 1}
        assert managements[0].queues.get(key).metadata == {"by": created.index(True)}


def test_creating_a_record_at_once_and_again_is_silent(sides):
    for _ in range(10):
        key = queue_key()

        together(*(functools.partial(store.records.create, key) for store in sides))

        post(sides[0], key, new_message())
        assert sides[1].records.stats(key).total == 1


def test_no_change_of_metadata_is_lost(stores):
    managements = [stores.management, stores.reopen().management] * (THREADS // 2)
    key = queue_key()
    stores.management.queues.create(key, {"count": 0})

    def increment(management):
        done = 0
        while done < 10:
            old = management.queues.get(key).metadata
            with contextlib.suppress(Conflict):
                management.queues.replace_metadata(key, old=old, new={"count": old["count"] + 1})
                done += 1

    together(*(functools.partial(increment, management) for management in managements))

    assert managements[0].queues.get(key).metadata == {"count": 10 * THREADS}
