"""Every query has an index, and every index a query."""

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import claim, post
from tests.storage.mongodb.operations import OPERATIONS, Scene
from tests.storage.mongodb.plans import plans
from tests.storage.mongodb.redriven import Scene as RedriveScene
from tests.storage.mongodb.subscribers import deliver_all, lease, standing, subscribe
from zaqar.models import DeadLetterRule
from zaqar.storage.ids import named
from zaqar.storage.mongodb.schema import MANAGEMENT_STORE, MESSAGE_STORE

KNOWN = {"_id"} | {index.name for index in (*MESSAGE_STORE, *MANAGEMENT_STORE)}


def deliver(store, queue):
    """Do everything that there is to do with subscriptions, with one that stays and one that goes."""
    store.records.create(queue)
    stays, _, goes = subscribe(store, queue), subscribe(store, queue), subscribe(store, queue, "http://b.example/")
    post(store, queue, *numbered_messages(2))
    deliver_all(store, queue)
    standing(store, queue, stays)
    store.deliveries.hurry(queue, named(stays.id))
    deliver_all(store, queue)
    store.deliveries.address(queue, named(stays.id), new_message(), token=new_token())
    store.subscriptions.replace(queue, old=stays, new=stays, restarts=True)
    store.subscriptions.list(queue, marker=named(stays.id), limit=10)
    store.subscriptions.delete(queue, named(goes.id))
    store.subscriptions.delete_all(queue)
    store.parts.session.clock.move(90)
    lease(store, queue)
    store.deliveries.sources()
    store.sweep()


def throw_away(store, queue):
    """Throw away what was claimed too often."""
    post(store, queue, *numbered_messages(2))
    store.claims.release(queue, named(claim(store, queue).id))
    claim(store, queue, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))


def redrive(scene):
    """Do everything that there is to do with a redrive."""
    made = scene.begin()
    scene.step()
    assert scene.store.redrives.get(scene.dead).moved == 5
    assert scene.store.redrives.running() == []
    scene.store.redrives.cancel(scene.dead, named(made.id))
    scene.store.records.purge(scene.dead)


@pytest.fixture
def lived(store, queue, watch, clock):
    """Return the commands of a queue's whole life, the sweep among them."""
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    with watch() as sent:
        for act, _ in OPERATIONS.values():
            act(store, queue, Scene(store, queue))
            store.records.create(queue)
        store.claims.release(queue, named(claim(store, queue, limit=20).id))
        post(store, queue, new_message(delay=60), new_message(ttl=61))
        claim(store, queue, dead_letter=dead_letter_rule(dead))
        clock.move(90)
        store.records.stats(queue)
        clock.move(90)
        store.sweep()
        store.sweep()
        store.is_turn_to_sweep()
        deliver(store, queue)
        redrive(RedriveScene(store, clock))
        throw_away(store, queue)
    return [each for each in sent if each.name != "ping"]


def test_every_command_is_served_by_a_declared_index(lived):
    """W-M13."""
    assert {plan for plan in plans(lived) if plan not in KNOWN} == set()


def test_every_index_of_the_message_store_serves_a_command(lived):
    """W-M12."""
    # The server alone reads the index of tokens.
    assert {index.name for index in MESSAGE_STORE} - set(plans(lived)) == {"tokens"}


@pytest.mark.parametrize("collection", ["messages", "subscriptions"])
def test_every_command_names_the_queue(lived, collection):
    """The shard key: only the sweep asks every shard, and only to look."""
    asked = [(each, query.wanted) for each in lived for query in each.queries if query.collection == collection]
    unscoped = [(each, wanted) for each, wanted in asked if "queue" not in wanted]

    assert len(asked) > len(unscoped)
    assert {each.name for each, _ in unscoped} <= {"find", "distinct"}
    assert all(wanted.keys() & {"expires", "lapses", "last"} and "_id" not in wanted for _, wanted in unscoped)


def test_the_management_store_has_an_index_for_each_query(management, watch):
    """W-M17."""
    key = queue_key()
    with watch() as sent:
        management.queues.create(key, {"a": 1})
        management.queues.create(key, {})
        management.queues.get(key)
        management.queues.replace_metadata(key, old={"a": 1}, new={"a": 2})
        management.queues.list(key.project, marker="a", limit=10, name_contains=".*", metadata={"a": 2})
        management.queues.count(key.project)
        management.queues.delete(key)

    assert set(plans(sent)) == {"names"}
    counted = [each for each in sent if each.name == "aggregate"]
    assert [query.wanted.keys() for each in counted for query in each.queries] == [{"project", "kind"}]


def test_the_server_has_the_declared_indexes(store, queue, data):
    post(store, queue, *numbered_messages(2))

    for collection in ("messages", "records", "subscriptions"):
        made = data[collection].index_information()
        declared = {index.name: index for index in MESSAGE_STORE if index.collection == collection}
        assert set(made) == {"_id_", *declared}
        for name, index in declared.items():
            assert [key for key, _ in made[name]["key"]] == list(index.keys)


def test_reclaiming_is_set_behind_the_logical_end():
    (expiry,) = [index for index in MESSAGE_STORE if index.name == "expiry"]

    assert expiry.model().document["expireAfterSeconds"] >= 60
