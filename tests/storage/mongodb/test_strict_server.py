"""One of each operation on a server that checks arguments as MongoDB documents them, which the emulator does not."""

from collections.abc import Iterator

import pytest

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.acts import claim, everything, ids, listed, numbers, post
from tests.integration.mongo_servers import StrictServer, strict_server
from tests.integration.proxy import Fault, proxy_to
from tests.storage.mongodb.opening import opened, opened_management, warnings
from tests.storage.mongodb.operations import OPERATIONS, Scene
from tests.storage.mongodb.redriven import ALL_BACK
from tests.storage.mongodb.redriven import Scene as RedriveScene
from tests.storage.mongodb.subscribers import deliver_all, lease, noticed, noticed_ids, standing, subscribe
from tests.storage.mongodb.test_refusals import ROUTER, claim_to_be
from zaqar.errors import MessageClaimed, QueueNotFound, RedriveRunning, SubscriberTaken
from zaqar.models import DeadLetterRule, Stats
from zaqar.storage.contract import ManagementStore
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.mongodb.messages import removal


@pytest.fixture(scope="session")
def server(shared) -> StrictServer:
    return shared(strict_server)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_taken(store, queue, watch, operation):
    act, trips = OPERATIONS[operation]
    held = Scene(store, queue)

    with watch() as sent:
        act(store, queue, held)

    assert len(sent) == trips, [each.name for each in sent]


def test_a_subscription_lives_as_on_other_servers(store, queue, clock):
    first, second = subscribe(store, queue), subscribe(store, queue, "http://b.example/", ttl=60)
    assert subscribe(store, queue).id == first.id
    with pytest.raises(SubscriberTaken):
        store.subscriptions.replace(queue, old=second, new=first)
    clock.move(60)
    store.subscriptions.replace(queue, old=first, new=second, restarts=True)
    assert [each.id for each in store.subscriptions.list(queue, marker=None, limit=10)] == [first.id]
    posted = [*post(store, queue, *numbered_messages(2)), *post(store, queue, new_message(b"2"))]
    store.deliveries.address(queue, named(first.id), new_message(b"3"), token=new_token())
    store.deliveries.hurry(queue, named(first.id))
    assert noticed_ids(store, queue)[:3] == posted
    assert store.deliveries.sources() == [queue]
    assert standing(store, queue, first).pending == 3
    assert deliver_all(store, queue) == [("http://b.example/", number) for number in range(4)]
    assert store.deliveries.sources() == []
    post(store, queue, new_message(b"4"))
    store.subscriptions.delete_all(queue)
    clock.move(90)
    assert lease(store, queue) == []
    assert store.deliveries.sources() == []
    post(store, queue, new_message(b"5"))
    clock.move(7200)
    store.sweep()
    assert noticed(store, queue) == []


def test_a_queue_lives_as_on_other_servers(store, queue):
    posted = post(store, queue, *numbered_messages(4))
    held = claim(store, queue, limit=2)
    assert numbers(held.messages) == [0, 1]
    with pytest.raises(MessageClaimed):
        store.messages.delete(queue, named(posted[0]), claim_id=None)
    store.messages.delete_many(queue, parse_ids(posted[:1]), claim_ids=parse_ids([held.id]))
    store.claims.renew(queue, named(held.id), ttl=400, grace=60)
    store.claims.release(queue, named(held.id))
    assert numbers(everything(store, queue)) == [1, 2, 3]
    assert numbers(store.messages.pop(queue, limit=2)) == [1, 2]
    assert store.records.stats(queue).total == 1
    store.records.delete(queue)
    with pytest.raises(QueueNotFound):
        post(store, queue, new_message())


def test_a_purge_and_a_deletion_go_batch_by_batch(store, queue, data, monkeypatch):
    monkeypatch.setattr(removal, "BATCH", 4)
    for end in (store.records.purge, store.records.delete):
        post(store, queue, *numbered_messages(10))
        claim(store, queue, limit=3)
        end(queue)
        store.sweep()
        assert data.messages.count_documents({"state": {"$exists": True}}) == 0


def test_what_is_due_happens_and_what_has_expired_is_swept(store, queue, data, clock):
    post(store, queue, new_message(b"0", delay=60), new_message(b"1"), new_message(b"2", ttl=70))
    claim(store, queue, ttl=60, limit=1)
    clock.move(90)

    assert numbers(listed(store, queue)) == [0, 1]
    assert store.is_turn_to_sweep()
    assert not store.is_turn_to_sweep()
    assert store.sweep() == 1
    clock.move(4000)
    store.sweep()
    store.sweep()

    assert store.records.stats(queue) == Stats()
    assert data.messages.count_documents({"state": {"$exists": True}}) == 0


def test_dead_letters_move(store, queue, clock):
    dead = queue_key(project=queue.project)
    store.records.create(dead)
    post(store, queue, *numbered_messages(3))
    claim(store, queue, ttl=60, limit=2)
    clock.move(60)

    assert numbers(claim(store, queue, dead_letter=dead_letter_rule(dead)).messages) == [2]
    assert numbers(listed(store, dead)) == [0, 1]


def test_what_is_claimed_too_often_is_thrown_away(store, queue):
    post(store, queue, *numbered_messages(3))
    store.claims.release(queue, named(claim(store, queue, limit=2).id))

    held = claim(store, queue, dead_letter=DeadLetterRule(queue=None, max_claim_count=1))

    assert numbers(held.messages) == [2]
    assert store.records.stats(queue).discarded == 2


def test_dead_letters_come_back(store, clock):
    scene = RedriveScene(store, clock, limit=5)
    made = scene.begin()
    with pytest.raises(RedriveRunning):
        store.redrives.create(scene.dead, scene.terms, token=new_token())
    assert store.redrives.running() == [scene.dead]

    ended = scene.step()

    assert (ended.state, ended.moved, ended.skipped) == ("done", 5, 1)
    assert store.redrives.get(scene.dead) == ended
    assert scene.places() == ALL_BACK
    store.redrives.cancel(scene.dead, named(made.id))
    again = store.redrives.create(scene.dead, scene.terms, token=new_token())
    store.records.purge(scene.dead)
    assert (again.state, store.redrives.get(scene.dead).state) == ("running", "cancelled")


def test_the_time_and_the_health_are_told(store, queue):
    assert store.is_alive()
    assert store.parts.session.database.microseconds() > 0


@pytest.fixture
def management(server, name) -> Iterator[ManagementStore]:
    with opened_management(server.uri, name) as store:
        yield store


def test_the_management_store_keeps_queues(management):
    key = queue_key()
    assert management.queues.create(key, {"a": 1})
    assert not management.queues.create(key, {})
    management.queues.replace_metadata(key, old={"a": 1}, new={"a": 2})
    (found,) = management.queues.list(key.project, marker=None, limit=10, name_contains="queue", metadata={"a": 2})
    assert found.metadata == management.queues.get(key).metadata == {"a": 2}
    assert management.queues.count(key.project) == 1
    management.queues.delete(key)
    assert management.queues.count(key.project) == 0


def test_the_start_is_told_what_the_server_is(server):
    (line,) = warnings(server.uri)

    assert "replica set of one" in line


def test_what_a_server_says_of_itself_is_asked_by_its_newer_name(server):
    with proxy_to(server.port) as proxy:
        claim_to_be(proxy, ROUTER)
        lines = warnings(f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true")

    assert not [line for line in lines if "replica set" in line]


def test_a_write_whose_answer_is_lost_is_repeated_and_done_once(server, name, clock):
    """W-M15: PyMongo repeats by itself, with the number of its transaction, of which the emulator knows nothing."""
    with proxy_to(server.port) as proxy:
        uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
        with opened(uri, name, clock) as store:
            key = queue_key()
            store.records.create(key)
            posted = post(store, key, *numbered_messages(3))
            for words in (b"popped", b"deletes"):
                proxy.fail(Fault.LOSE_ANSWER, containing=words)
                assert ids(store.messages.pop(key, limit=1)) == [posted.pop(0)]
                assert proxy.orders_left == 0

            assert ids(everything(store, key)) == posted
