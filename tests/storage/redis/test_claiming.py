"""Claims hold what they took, and nothing else. W-R1, W-R2, W-R14, W-R15, W-R16."""

import contextlib
from functools import partial

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, everything, exists, ids, listed, numbers, post
from tests.conformance.threads import together
from tests.storage.redis.structures import Structures
from zaqar.errors import ClaimNotFound, ClaimNotHeld, MessageClaimed
from zaqar.storage.ids import named, parse_ids


@pytest.mark.parametrize("ending", ["released", "expired"])
def test_what_is_free_at_the_head_gives_nothing_away_behind_it(store, queue, clock, ending):
    """W-R1: three of five were taken twice, because what followed a free message was taken for free."""
    post(store, queue, *numbered_messages(5))
    first = claim(store, queue, limit=2, ttl=60)
    second = claim(store, queue, limit=3, ttl=300)
    if ending == "released":
        store.claims.release(queue, named(first.id))
    else:
        clock.move(60)

    third = claim(store, queue, limit=5)

    assert numbers(third.messages) == [0, 1]
    assert numbers(store.claims.get(queue, named(second.id)).messages) == [2, 3, 4]


@pytest.mark.parametrize("take", ["claim", "pop"])
def test_what_is_free_at_the_head_is_no_sign_that_the_rest_is_due(store, queue, take):
    """W-R2: messages with a delay of 900 s were claimed, because one without stood before them."""
    post(store, queue, new_message(b"0"), *numbered_messages(3, first=1, delay=900), new_message(b"4"))

    taken = claim(store, queue, limit=10).messages if take == "claim" else store.messages.pop(queue, limit=10)

    assert numbers(taken) == [0, 4]
    assert numbers(listed(store, queue, include_delayed=True)) == [1, 2, 3]


def test_a_claim_and_its_record_are_one_step(store, queue, client, watch):
    """W-R14: a crash between the two left messages claimed by an id that nobody knew."""
    post(store, queue, *numbered_messages(3))

    with watch() as sent:
        held = claim(store, queue, limit=3)

    (script,) = sent
    assert script.name == "EVALSHA"
    found = Structures(client, queue)
    found.check()
    assert set(found.claims) == {held.id.encode()}


def test_a_claim_whose_answer_was_lost_is_the_same_claim_when_it_is_repeated(store, queue, client, monkeypatch):
    """W-R14: nothing stays claimed by an id that the caller never got."""
    post(store, queue, *numbered_messages(6))
    ask, answers = store.parts.server.call, []
    monkeypatch.setattr(
        store.parts.server, "call", lambda *words, **more: answers.append(ask(*words, **more)) or ask(*words, **more)
    )

    held = claim(store, queue, limit=3)

    assert len(answers) == 1, "it was done before it was repeated"
    assert numbers(held.messages) == [0, 1, 2]
    assert [message.claim_count for message in held.messages] == [1, 1, 1]
    assert set(Structures(client, queue).claims) == {held.id.encode()}


@pytest.mark.parametrize("ending", ["renewed", "released", "expired"])
def test_what_was_deleted_under_a_claim_does_not_come_back(store, queue, clock, client, ending):
    """W-R15: renewing and releasing wrote whole messages back, those deleted meanwhile without a body."""
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=3, ttl=60)
    doomed = held.messages[1].id
    store.messages.delete(queue, named(doomed), claim_id=named(held.id))

    if ending == "renewed":
        store.claims.renew(queue, named(held.id), ttl=900, grace=60)
    elif ending == "released":
        store.claims.release(queue, named(held.id))
    else:
        clock.move(60)
        claim(store, queue)

    assert not exists(store, queue, doomed)
    assert numbers(everything(store, queue)) == [0, 2]
    Structures(client, queue).check()


def test_renewing_and_releasing_write_no_message(store, queue, watch):
    """W-R15: the body and what else never changes is not written again."""
    post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=3)

    with watch() as sent:
        store.claims.renew(queue, named(held.id), ttl=4000, grace=60)
        store.claims.release(queue, named(held.id))

    writes = [words for one in sent for words in one.inside if words[0].upper() not in ("HGET", "HMGET", "ZSCORE")]
    assert writes
    assert not [words for words in writes if words[1].endswith(":messages")]


def test_renewals_and_deletions_at_once_bring_nothing_back(store, queue, client):
    """W-R15."""
    post(store, queue, *numbered_messages(200))
    held = claim(store, queue, limit=200)

    def renew():
        for ttl in range(300, 400):
            with contextlib.suppress(ClaimNotFound):
                store.claims.renew(queue, named(held.id), ttl=ttl, grace=60)

    def delete(half):
        for message in half:
            store.messages.delete(queue, named(message.id), claim_id=named(held.id))

    together(renew, partial(delete, held.messages[:100]), partial(delete, held.messages[100:]))

    assert everything(store, queue) == []
    assert Structures(client, queue).lasting == {Structures(client, queue).record}


@pytest.mark.parametrize("names_its_claim", [True, False])
@pytest.mark.parametrize("is_settled", [True, False])
def test_a_deletion_after_the_claim_ended_leaves_nothing_of_the_claim(
    store, queue, clock, client, names_its_claim, is_settled
):
    """W-R16: counting down brought the claim's record back, with nothing to end it."""
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue, ttl=60)
    clock.move(60)
    if is_settled:
        listed(store, queue)

    if names_its_claim:
        with pytest.raises(ClaimNotHeld):
            store.messages.delete(queue, named(message_id), claim_id=named(held.id))
    store.messages.delete(queue, named(message_id), claim_id=None)

    found = Structures(client, queue)
    found.check()
    assert found.lasting == {found.record}


def test_a_deletion_in_bulk_after_the_claim_ended_leaves_nothing_of_the_claim(store, queue, clock, client):
    """W-R16."""
    message_ids = post(store, queue, *numbered_messages(3))
    held = claim(store, queue, limit=2, ttl=60)
    clock.move(60)

    with pytest.raises(MessageClaimed):
        store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=parse_ids([held.id]))
    store.messages.delete_many(queue, parse_ids(message_ids), claim_ids=None)

    found = Structures(client, queue)
    found.check()
    assert found.lasting == {found.record}


def test_an_id_that_is_named_twice_counts_once(store, queue, client):
    """W-R16: the count of what a claim holds decides when it ends."""
    post(store, queue, *numbered_messages(2))
    held = claim(store, queue, limit=2)
    first, second = ids(held.messages)

    store.messages.delete_many(queue, parse_ids([first, first]), claim_ids=parse_ids([held.id]))

    assert ids(store.claims.get(queue, named(held.id)).messages) == [second]
    Structures(client, queue).check()
