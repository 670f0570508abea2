"""The management store: create, get, replace, delete, count."""

import pytest

from tests.builders import queue_key
from zaqar.errors import Conflict, QueueNotFound
from zaqar.models import Queue, QueueKey

METADATA = (
    {},
    {"_default_message_ttl": 300, "description": "orders"},
    {"nested": {"list": [1, 2.5, None, True, {"deep": []}]}},
    {"": "", "a.b": 1, "$set": 2, "quote\"'": "\\", "ünïcode": "😀\u2028\x00"},
    {"large": 2**70, "negative": -(2**63), "tiny": 1e-300, "float": 1.0},
    {"long": "x" * 65_000},
)

ODD_PROJECTS = ("", " ", "a b", "a/b", "%2F", "Ünïcode 😀", "x" * 256, "'; DROP TABLE queues; --", "_", "a.b:c*")


@pytest.mark.parametrize("metadata", METADATA, ids=lambda metadata: repr(metadata)[:30])
def test_metadata_comes_back_unchanged(stores, metadata):
    """Storage W-R20."""
    key = queue_key()
    assert stores.management.queues.create(key, metadata)

    for management in (stores.management, stores.reopen().management):
        queue = management.queues.get(key)
        assert queue == Queue(name=key.name, metadata=metadata)
        assert list(queue.metadata) == list(metadata)


def test_integers_floats_and_booleans_stay_what_they_are(management):
    key = queue_key()
    management.queues.create(key, {"integer": 1, "float": 1.0, "boolean": True})

    metadata = management.queues.get(key).metadata

    assert [type(metadata[name]) for name in ("integer", "float", "boolean")] == [int, float, bool]


@pytest.mark.parametrize("project", ODD_PROJECTS, ids=ascii)
@pytest.mark.parametrize("kind", ["queue", "topic"])
def test_any_text_is_a_project(management, project, kind):
    key = QueueKey(project, "orders", kind)
    assert management.queues.create(key, {"a": 1})

    assert management.queues.get(key).metadata == {"a": 1}
    assert management.queues.count(project, kind=kind) == 1
    assert management.queues.list(project, kind=kind, marker=None, limit=10, name_contains=None, metadata={}) == [
        Queue("orders", {"a": 1})
    ]
    management.queues.delete(key)
    assert management.queues.count(project, kind=kind) == 0


@pytest.mark.parametrize("name", ["a", "q" * 64, "A-Z_a.z-0", "...", "-", "_", "0"])
def test_any_name_of_the_service_is_kept(management, name):
    """Storage W-R12."""
    key = queue_key(name=name)

    assert management.queues.create(key, {})

    assert management.queues.get(key).name == name


def test_creating_an_existing_queue_changes_nothing(management):
    key = queue_key()
    assert management.queues.create(key, {"a": 1})

    assert not management.queues.create(key, {"b": 2})

    assert management.queues.get(key).metadata == {"a": 1}


def test_a_missing_queue_is_not_found(management):
    key = queue_key()

    with pytest.raises(QueueNotFound):
        management.queues.get(key)
    with pytest.raises(QueueNotFound):
        management.queues.replace_metadata(key, old={}, new={"a": 1})
    with pytest.raises(QueueNotFound):
        management.queues.get(key)


def test_metadata_is_replaced_whole(management):
    key = queue_key()
    management.queues.create(key, {"a": 1, "b": {"c": 2}})

    management.queues.replace_metadata(key, old={"a": 1, "b": {"c": 2}}, new={"d": 3})

    assert management.queues.get(key).metadata == {"d": 3}


@pytest.mark.parametrize("metadata", METADATA, ids=lambda metadata: repr(metadata)[:30])
def test_what_was_read_can_be_replaced_and_emptied(management, metadata):
    key = queue_key()
    management.queues.create(key, metadata)

    management.queues.replace_metadata(key, old=management.queues.get(key).metadata, new={"a": 1})
    management.queues.replace_metadata(key, old={"a": 1}, new={})

    assert management.queues.get(key).metadata == {}


@pytest.mark.parametrize("old", [{}, {"a": 2}, {"a": "1"}, {"a": True}, {"a": 1, "b": 2}, {"b": 1}], ids=repr)
def test_replacing_what_somebody_else_changed_is_a_conflict(management, old):
    key = queue_key()
    management.queues.create(key, {"a": 1})

    with pytest.raises(Conflict):
        management.queues.replace_metadata(key, old=old, new={"mine": 1})

    assert management.queues.get(key).metadata == {"a": 1}


def test_replacing_by_the_same_is_no_conflict(management):
    key = queue_key()
    management.queues.create(key, {"a": 1})

    management.queues.replace_metadata(key, old={"a": 1}, new={"a": 1})

    assert management.queues.get(key).metadata == {"a": 1}


def test_a_deleted_queue_is_gone_and_can_be_created_anew(management):
    key = queue_key()
    management.queues.create(key, {"a": 1})

    management.queues.delete(key)
    management.queues.delete(key)

    with pytest.raises(QueueNotFound):
        management.queues.get(key)
    assert management.queues.create(key, {"b": 2})
    assert management.queues.get(key).metadata == {"b": 2}


def test_queues_and_topics_have_name_spaces_of_their_own(management):
    queue = queue_key()
    topic = queue._replace(kind="topic")
    assert management.queues.create(queue, {"kind": "queue"})
    assert management.queues.create(topic, {"kind": "topic"})

    management.queues.delete(queue)

    assert management.queues.get(topic).metadata == {"kind": "topic"}
    assert management.queues.count(queue.project) == 0
    assert management.queues.count(queue.project, kind="topic") == 1


def test_the_count_is_of_one_project(management):
    first, second = queue_key(), queue_key()
    for number in range(30):
        management.queues.create(first._replace(name=f"q{number}"), {})
    management.queues.create(second, {})

    assert management.queues.count(first.project) == 30
    assert management.queues.count(second.project) == 1
    assert management.queues.count("nobody") == 0


def test_deleting_messages_leaves_metadata_alone(store, management):
    key = queue_key()
    management.queues.create(key, {"a": 1})
    store.records.create(key)

    store.records.delete(key)

    assert management.queues.get(key).metadata == {"a": 1}


def test_another_process_sees_each_change_at_once(stores):
    management, other = stores.management, stores.reopen().management
    key = queue_key()

    management.queues.create(key, {"a": 1})
    assert other.queues.get(key).metadata == {"a": 1}
    other.queues.replace_metadata(key, old={"a": 1}, new={"a": 2})
    assert management.queues.get(key).metadata == {"a": 2}
    with pytest.raises(Conflict):
        management.queues.replace_metadata(key, old={"a": 1}, new={"a": 3})
    management.queues.delete(key)
    with pytest.raises(QueueNotFound):
        other.queues.get(key)
