"""What is known of a message beyond what is shown of it everywhere."""

import msgspec
import pytest

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.conformance.acts import WELL_FORMED, claim, get, listed, post
from zaqar.errors import MessageNotFound
from zaqar.models import MessageDetails, Origin
from zaqar.storage.ids import named

ORIGIN = Origin(
    queue="somewhere",
    kind="topic",
    reason="delivery_failed",
    attempts=3,
    at=1_700_000_000,
    ttl=120,
    message_id=WELL_FORMED,
    answer='HTTP 500 "tired" — ü',
    subscription_id=WELL_FORMED,
    redriven=2,
)

pytestmark = pytest.mark.usefixtures("unhurried_claims")


@pytest.fixture
def dead(store, queue):
    """Return a dead-letter queue of the same project."""
    key = queue_key(project=queue.project)
    store.records.create(key)
    return key


def details(store, queue, message_id):
    return store.messages.details(queue, named(message_id))


def wear_out(store, queue, *, times=1):
    """Claim and release everything so often."""
    for _ in range(times):
        store.claims.release(queue, named(claim(store, queue, limit=1000).id))


def test_of_a_plain_message_there_is_nothing_more_to_tell(store, queue, clock):
    (message_id,) = post(store, queue, new_message(b'{"a": 1}', checksum="MD5:abc"))
    clock.move(10)

    found = details(store, queue, message_id)

    assert found == MessageDetails(get(store, queue, message_id))
    assert (found.message.body, found.message.checksum, found.message.age) == (b'{"a": 1}', "MD5:abc", 10)


def test_of_a_claimed_message_they_tell_when_the_claim_ends(store, queue, clock):
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue, ttl=90)
    until = clock.now() + 90
    clock.move(30)

    found = details(store, queue, message_id)

    assert (found.claimed_until, found.due, found.origin) == (until, None, None)
    assert (found.message.claim_id, found.message.claim_count) == (held.id, 1)


def test_a_renewed_claim_ends_later(store, queue, clock):
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue, ttl=90)
    clock.move(30)
    store.claims.renew(queue, named(held.id), ttl=200, grace=60)

    assert details(store, queue, message_id).claimed_until == clock.now() + 200


@pytest.mark.parametrize("is_released", [True, False])
def test_a_claim_that_has_ended_is_not_told_of(store, queue, clock, is_released):
    (message_id,) = post(store, queue, new_message())
    held = claim(store, queue, ttl=90)
    if is_released:
        store.claims.release(queue, named(held.id))
    else:
        clock.move(90)

    found = details(store, queue, message_id)

    assert (found.claimed_until, found.message.claim_id, found.message.claim_count) == (None, None, 1)


def test_of_a_delayed_message_they_tell_when_it_is_due(store, queue, clock):
    (message_id,) = post(store, queue, new_message(delay=60))
    due = clock.now() + 60

    clock.move(59)
    assert details(store, queue, message_id).due == due
    clock.move(1)
    assert details(store, queue, message_id).due is None


def test_a_message_that_was_moved_by_a_claim_tells_where_it_was(store, queue, dead, clock):
    (old_id,) = post(store, queue, new_message(ttl=600))
    wear_out(store, queue, times=2)
    clock.move(100)
    claim(store, queue, dead_letter=dead_letter_rule(dead, max_claim_count=2, ttl=900))
    at = clock.now()
    clock.move(5)

    (moved,) = listed(store, dead)
    found = details(store, dead, moved.id)

    assert found == MessageDetails(
        moved,
        origin=Origin(queue=queue.name, reason="max_claim_count", attempts=2, at=at, ttl=600, message_id=old_id),
    )


def test_each_of_many_that_moved_tells_its_own(store, queue, dead, clock):
    """The step that moves has a size of its own."""
    first = post(store, queue, *numbered_messages(70, ttl=600))
    second = post(store, queue, *numbered_messages(60, ttl=700))
    wear_out(store, queue)
    wear_out(store, queue)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    origins = [details(store, dead, moved.id).origin for moved in listed(store, dead)]
    assert [origin.message_id for origin in origins] == first + second
    assert [origin.ttl for origin in origins] == [600] * 70 + [700] * 60
    assert {origin.attempts for origin in origins} == {2}


def test_a_message_that_moved_on_tells_where_it_was_last(store, queue, dead):
    post(store, queue, new_message())
    wear_out(store, queue)
    claim(store, queue, dead_letter=dead_letter_rule(dead))
    (between,) = listed(store, dead)
    last = queue_key(project=queue.project)
    store.records.create(last)
    wear_out(store, dead)

    claim(store, dead, dead_letter=dead_letter_rule(last))

    (moved,) = listed(store, last)
    origin = details(store, last, moved.id).origin
    assert (origin.queue, origin.message_id, origin.redriven) == (dead.name, between.id, 0)


def test_an_origin_that_was_posted_is_told_with_all_its_members(store, queue):
    (message_id,) = post(store, queue, msgspec.structs.replace(new_message(), origin=ORIGIN))

    assert details(store, queue, message_id).origin == ORIGIN


def test_each_message_of_a_post_has_its_own_origin_or_none(store, queue):
    other = msgspec.structs.replace(ORIGIN, queue="elsewhere", answer="")
    new = [msgspec.structs.replace(new_message(), origin=origin) for origin in (None, ORIGIN, None, other)]

    posted = post(store, queue, *new)

    assert [details(store, queue, message_id).origin for message_id in posted] == [None, ORIGIN, None, other]


def test_how_often_it_was_brought_back_outlasts_the_next_move(store, queue, dead):
    post(store, queue, msgspec.structs.replace(new_message(), origin=ORIGIN))
    wear_out(store, queue)

    claim(store, queue, dead_letter=dead_letter_rule(dead))

    (moved,) = listed(store, dead)
    origin = details(store, dead, moved.id).origin
    assert (origin.queue, origin.reason, origin.redriven) == (queue.name, "max_claim_count", ORIGIN.redriven)
    assert (origin.subscription_id, origin.answer) == (None, "")


def test_an_origin_stays_with_a_message_that_is_claimed(store, queue):
    (message_id,) = post(store, queue, msgspec.structs.replace(new_message(), origin=ORIGIN))
    wear_out(store, queue)
    held = claim(store, queue)

    found = details(store, queue, message_id)

    assert (found.message.claim_id, found.origin) == (held.id, ORIGIN)


@pytest.mark.parametrize("removal", ["deleted", "popped", "expired", "purged", "gone with its queue"])
def test_of_a_message_that_is_gone_nothing_is_known(store, queue, clock, removal):
    (message_id,) = post(store, queue, new_message(ttl=60))
    match removal:
        case "deleted":
            store.messages.delete(queue, named(message_id), claim_id=None)
        case "popped":
            store.messages.pop(queue, limit=1)
        case "expired":
            clock.move(60)
        case "purged":
            store.records.purge(queue)
        case _:
            store.records.delete(queue)

    with pytest.raises(MessageNotFound):
        details(store, queue, message_id)


@pytest.mark.parametrize("unknown", [WELL_FORMED, "no id at all"])
def test_of_what_never_was_nothing_is_known(store, queue, unknown):
    post(store, queue, new_message())

    with pytest.raises(MessageNotFound):
        details(store, queue, unknown)


def test_an_id_means_nothing_in_another_queue(store, queue, dead):
    (message_id,) = post(store, queue, new_message())

    for key in (dead, queue_key()):
        with pytest.raises(MessageNotFound):
            details(store, key, message_id)


def test_those_of_a_topic_are_told_as_well(store):
    topic = queue_key(kind="topic")
    store.records.create(topic)
    (message_id,) = post(store, topic, new_message())

    assert details(store, topic, message_id) == MessageDetails(get(store, topic, message_id))
