"""Round trips of each operation (storage 10.4), counted by the server. W-R3, W-R9, W-R13, W-R19, W-R22."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import CONSUMER, PRODUCER, claim, everything, listed, numbers, post
from tests.integration.redis_servers import RedisServer
from tests.storage.redis.opening import message_store
from zaqar.storage.ids import named, parse_ids

OPERATIONS = {
    "post of 1": lambda store, queue, held: post(store, queue, new_message()),
    "post of 20": lambda store, queue, held: post(store, queue, *numbered_messages(20)),
    "post of a delayed one": lambda store, queue, held: post(store, queue, new_message(delay=60)),
    "list": lambda store, queue, held: listed(store, queue, limit=10),
    "list without echo": lambda store, queue, held: listed(store, queue, limit=10, hidden_client_id=CONSUMER),
    "list all": lambda store, queue, held: listed(store, queue, limit=10, include_claimed=True, include_delayed=True),
    "list behind a marker": lambda store, queue, held: listed(store, queue, limit=10, marker=held.messages[0].id),
    "get of 1": lambda store, queue, held: store.messages.get(queue, parse_ids([held.messages[0].id])),
    "get of 5": lambda store, queue, held: store.messages.get(
        queue, parse_ids([message.id for message in held.messages])
    ),
    "claim": lambda store, queue, held: claim(store, queue, limit=10),
    "claim with a rule": lambda store, queue, held: claim(
        store, queue, limit=10, dead_letter=dead_letter_rule(queue_key())
    ),
    "claim get": lambda store, queue, held: store.claims.get(queue, named(held.id)),
    "claim renew": lambda store, queue, held: store.claims.renew(queue, named(held.id), ttl=900, grace=60),
    "claim release": lambda store, queue, held: store.claims.release(queue, named(held.id)),
    "delete of an unclaimed one": lambda store, queue, held: store.messages.delete(
        queue, named(listed(store, queue, limit=1)[0].id), claim_id=None
    ),
    "delete of a claimed one": lambda store, queue, held: store.messages.delete(
        queue, named(held.messages[0].id), claim_id=named(held.id)
    ),
    "delete of 5": lambda store, queue, held: store.messages.delete_many(
        queue, parse_ids([message.id for message in held.messages]), claim_ids=None
    ),
    "delete of 5 with their claim": lambda store, queue, held: store.messages.delete_many(
        queue, parse_ids([message.id for message in held.messages]), claim_ids=parse_ids([held.id])
    ),
    "pop of 1": lambda store, queue, held: store.messages.pop(queue, limit=1),
    "pop of 10": lambda store, queue, held: store.messages.pop(queue, limit=10),
    "stats": lambda store, queue, held: store.records.stats(queue),
    "purge": lambda store, queue, held: store.records.purge(queue),
    "create": lambda store, queue, held: store.records.create(queue),
    "delete of the queue": lambda store, queue, held: store.records.delete(queue),
}


@pytest.fixture
def held(store, queue):
    """A claim of five messages, with twenty more behind it."""
    post(store, queue, *numbered_messages(25))
    return claim(store, queue, limit=5)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_one_round_trip(store, queue, held, watch, operation):
    """W-R3, W-R9, W-R13, W-R19: what took 3 to 559 of them."""
    asked_first = 1 if operation == "delete of an unclaimed one" else 0

    with watch() as sent:
        OPERATIONS[operation](store, queue, held)

    assert [one.name for one in sent][asked_first:] == ["EVALSHA"]


@pytest.mark.parametrize("operation", ["list", "claim", "pop of 10", "stats", "claim get", "claim renew", "get of 5"])
def test_an_operation_is_one_round_trip_while_claims_lapse_and_messages_expire(
    store, queue, held, clock, watch, operation
):
    """W-R9, W-R13: tidying up happens inside the same step."""
    post(store, queue, *numbered_messages(20, ttl=100), *numbered_messages(20, delay=100))
    for _ in range(3):
        claim(store, queue, limit=5, ttl=100)
    clock.move(100)

    with watch() as sent:
        OPERATIONS[operation](store, queue, held)

    assert [one.name for one in sent] == ["EVALSHA"]


def test_a_listing_whose_filters_hide_batches_takes_one_round_trip_for_each(store, queue, watch):
    """W-R4: many hidden messages are looked at in one step, and the page is full all the same."""
    post(store, queue, *numbered_messages(2500), client_id=CONSUMER)
    post(store, queue, *numbered_messages(5), client_id=PRODUCER)

    with watch() as sent:
        page = listed(store, queue, limit=3, hidden_client_id=CONSUMER)

    assert numbers(page) == [0, 1, 2]
    assert len(sent) == 3


@pytest.mark.parametrize("worn", [1, 5, 20])
def test_a_claim_that_moves_dead_letters_takes_a_few_more(store, queue, watch, worn):
    """W-R22: not some for each message that moves."""
    dead = queue_key()
    store.records.create(dead)
    post(store, queue, *numbered_messages(worn))
    store.claims.release(queue, named(claim(store, queue, limit=worn).id))

    with watch() as sent:
        claim(store, queue, limit=20, dead_letter=dead_letter_rule(dead, max_claim_count=1))

    assert len(everything(store, dead)) == worn
    assert len(sent) <= 8, [one.name for one in sent]


def test_the_servers_time_is_asked_once(server: RedisServer, watch):
    """Every process follows the server's clock, which costs one question a minute and not one for each operation."""
    store, queue = message_store(server.uri), queue_key()
    store.records.create(queue)
    try:
        with watch() as sent:
            for _ in range(10):
                store.messages.post(queue, [new_message()], client_id=PRODUCER, token=new_token())
                store.messages.pop(queue, limit=1)
        assert [one.name for one in sent].count("TIME") <= 1
        assert len(sent) <= 21
    finally:
        store.close()


def test_the_management_store_takes_one_round_trip_but_for_replacing(management, watch):
    """W-R19: a page of queues is one, with all their metadata."""
    project = queue_key().project
    keys = [queue_key(project=project, name=f"queue-{number}") for number in range(30)]
    for key in keys:
        management.queues.create(key, {"colour": "red"})
    calls = {
        "create": lambda: management.queues.create(queue_key(project=project), {}),
        "get": lambda: management.queues.get(keys[0]),
        "list": lambda: management.queues.list(project, marker=None, limit=20, name_contains=None, metadata={}),
        "filter": lambda: management.queues.list(
            project, marker=None, limit=20, name_contains="9", metadata={"colour": "red"}
        ),
        "count": lambda: management.queues.count(project),
        "delete": lambda: management.queues.delete(keys[1]),
        "replace": lambda: management.queues.replace_metadata(keys[0], old={"colour": "red"}, new={}),
    }

    taken = {}
    for name, call in calls.items():
        with watch() as sent:
            call()
        taken[name] = len(sent)

    assert taken == {**dict.fromkeys(calls, 1), "replace": 2}
