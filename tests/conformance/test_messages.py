"""Posting, and reading by id."""

import itertools
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import (
    WELL_FORMED,
    claim,
    everything,
    get,
    ids,
    listed,
    numbers,
    post,
)
from zaqar.errors import QueueNotFound
from zaqar.models import Message
from zaqar.storage.ids import UNKNOWN, named, parse_ids

BODIES = (
    b"{}",
    b"[]",
    b'""',
    b"null",
    b"true",
    b"0",
    b"-0",
    b"1.10",
    b"1E5",
    b"123456789012345678901234567890",
    b'{"b": 1, "a" : 2,\t"b": 3}',
    b'{"a.b": {"$set": {"$": 1}}, "": [null]}',
    rb'"\u0000 \ud83d\ude00 \/ \""',
    '"naïve 😀 \u2028 \' ; -- %s ? :name"'.encode(),
    b'"' + b"x" * 262_000 + b'"',
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_a_posted_message_is_read_back_with_every_member(store, queue, clock):
    (message_id,) = post(store, queue, new_message(b'{"a": 1}', ttl=120, checksum="MD5:abc"))
    clock.move(7)

    assert get(store, queue, message_id) == Message(
        id=message_id, body=b'{"a": 1}', ttl=120, age=7, claim_id=None, claim_count=0, checksum="MD5:abc"
    )


def test_a_message_posted_without_checksum_has_none(store, queue):
    (message_id,) = post(store, queue, new_message())

    assert get(store, queue, message_id).checksum is None


def test_a_message_looks_the_same_by_id_and_in_a_listing(store, queue, clock):
    message_ids = post(store, queue, *numbered_messages(3), new_message(b"4", checksum="MD5:abc"))
    clock.move(3)

    assert listed(store, queue) == store.messages.get(queue, parse_ids(message_ids))


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:20]))
def test_a_body_comes_back_byte_for_byte_in_every_view(stores, queue, body):
    store = stores.message
    (message_id,) = post(store, queue, new_message(body))

    seen = [get(store, queue, message_id), *listed(store, queue), get(stores.reopen().message, queue, message_id)]
    claimed = claim(store, queue)
    seen += [*claimed.messages, *store.claims.get(queue, named(claimed.id)).messages]
    store.claims.release(queue, named(claimed.id))
    seen += store.messages.pop(queue, limit=1)

    assert [message.body for message in seen] == [body] * 6


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values)
def test_any_json_round_trips(store, queue, value):
    """Storage W-M21."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")

    (message_id,) = post(store, queue, new_message(body))

    assert get(store, queue, message_id).body == body


def test_ids_come_in_the_order_of_the_messages_posted(store, queue):
    message_ids = post(store, queue, *numbered_messages(5))

    assert numbers(store.messages.get(queue, parse_ids(message_ids))) == [0, 1, 2, 3, 4]


def test_ids_are_a_growing_position_and_the_token_of_the_post(store, queue):
    tokens = [new_token() for _ in range(3)]
    posted = [store.messages.post(queue, numbered_messages(4), client_id="anyone", token=token).ids for token in tokens]

    message_ids = list(itertools.chain(*posted))
    assert all(re.fullmatch("[0-9a-f]{30}", message_id) for message_id in message_ids)
    assert [message_id[14:] for message_id in message_ids] == [token for token in tokens for _ in range(4)]
    assert [message_id[:14] for message_id in message_ids] == sorted({message_id[:14] for message_id in message_ids})


def test_one_post_gets_consecutive_positions(store, queue):
    positions = [int(message_id[:14], 16) for message_id in post(store, queue, *numbered_messages(5))]

    assert positions == list(range(positions[0], positions[0] + 5))


def test_ids_are_unique_beyond_the_queue(store):
    keys = [queue_key(), queue_key()]
    for key in keys:
        store.records.create(key)

    message_ids = [message_id for key in keys for message_id in post(store, key, *numbered_messages(10))]

    assert len(set(message_ids)) == 20


def test_posting_to_a_missing_queue_is_refused_and_stores_nothing(store):
    missing = queue_key()

    with pytest.raises(QueueNotFound):
        post(store, missing, new_message())

    store.records.create(missing)
    assert everything(store, missing) == []


def test_identical_posts_are_two_messages(store, queue):
    post(store, queue, new_message(b'"same"'))
    post(store, queue, new_message(b'"same"'))

    assert len(listed(store, queue)) == 2


def test_a_large_post_is_stored_whole_and_in_order(store, queue):
    message_ids = post(store, queue, *numbered_messages(1500))

    messages = listed(store, queue, limit=2000)
    assert numbers(messages) == list(range(1500))
    assert ids(messages) == message_ids


@pytest.mark.parametrize(
    "client_id", ["", "short", "x" * 255, "Ünïcode ' \" %", "11111111-1111-1111-1111-111111111111"]
)
def test_any_string_is_a_client_id(store, queue, client_id):
    post(store, queue, new_message(b"1"), client_id=client_id)
    post(store, queue, new_message(b"2"), client_id="somebody else")

    assert numbers(listed(store, queue, hidden_client_id=client_id)) == [2]


def test_getting_many_keeps_the_order_asked_for(store, queue):
    message_ids = post(store, queue, *numbered_messages(4))

    assert ids(store.messages.get(queue, parse_ids(message_ids[::-1]))) == message_ids[::-1]


def test_getting_many_leaves_out_what_does_not_exist(store, queue):
    first, second, third = post(store, queue, *numbered_messages(3))
    store.messages.delete(queue, named(second), claim_id=None)

    found = store.messages.get(queue, [UNKNOWN, *parse_ids([third, WELL_FORMED, second, first])])

    assert ids(found) == [third, first]


def test_getting_no_ids_or_from_a_missing_queue_finds_nothing(store, queue):
    (message_id,) = post(store, queue, new_message())

    assert store.messages.get(queue, []) == []
    assert store.messages.get(queue_key(), parse_ids([message_id])) == []


def test_getting_shows_claimed_and_delayed_messages(store, queue):
    (claimed_id,) = post(store, queue, new_message())
    (delayed_id,) = post(store, queue, new_message(delay=60))
    held = claim(store, queue)

    messages = store.messages.get(queue, parse_ids([claimed_id, delayed_id]))

    assert [message.claim_id for message in messages] == [held.id, None]


def test_an_id_with_another_token_names_nothing(store, queue):
    (message_id,) = post(store, queue, new_message())
    forged = message_id[:14] + new_token()

    store.messages.delete(queue, named(forged), claim_id=None)
    store.messages.delete_many(queue, parse_ids([forged]), claim_ids=None)

    assert store.messages.get(queue, parse_ids([forged])) == []
    assert ids(listed(store, queue)) == [message_id]


def test_another_process_reads_what_was_posted(stores, queue):
    message_ids = post(stores.message, queue, *numbered_messages(3))

    assert ids(listed(stores.reopen().message, queue)) == message_ids
