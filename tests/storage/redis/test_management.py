"""Queues in the management store, and what the contract does not have yet. W-R12, W-R19, W-R20."""

import contextlib
import dataclasses
import json
from functools import partial

import pytest

from tests.builders import queue_key
from tests.conformance.threads import together
from zaqar.errors import Conflict, QueueNotFound
from zaqar.storage.contract import ManagementStore, MessageStore
from zaqar.storage.redis.keys import directory_of


@pytest.mark.parametrize("noun", ["pool", "flavor", "catalogue"])
def test_a_noun_that_the_contract_gains_needs_tests_of_its_weaknesses(noun):
    """W-R20: no store has these yet. Whoever adds one tests that it works, and takes it from this list."""
    nouns = [field.name for bundle in (MessageStore, ManagementStore) for field in dataclasses.fields(bundle)]

    assert not [name for name in nouns if noun in name]


@pytest.mark.parametrize("project", ["", "p"])
def test_metadata_comes_back_as_text_and_numbers(management, project):
    """W-R20: records were read by names of text where the client gives bytes, and None was refused."""
    key = queue_key(project=project)
    metadata = {"ü": "€", "none": None, "nested": {"a": [1, 2.5, True, None, "x"]}, "big": 2**70, "": ""}

    assert management.queues.create(key, metadata)

    assert management.queues.get(key).metadata == metadata
    (listed,) = management.queues.list(project, marker=None, limit=10, name_contains=None, metadata={"ü": "€"})
    assert listed.metadata == metadata
    assert type(listed.name) is str


def test_metadata_is_one_value_of_one_hash(management, client):
    """W-R20: one form, written and read in one place; a queue without any has none."""
    project = queue_key().project
    bare, dressed = queue_key(project=project, name="bare"), queue_key(project=project, name="dressed")
    management.queues.create(bare, {})
    management.queues.create(dressed, {"a": 1})
    names, metadata = directory_of(project, "queue")

    assert client.zrange(names, 0, -1) == [b"bare", b"dressed"]
    assert {name: json.loads(text) for name, text in client.hgetall(metadata).items()} == {b"dressed": {"a": 1}}
    management.queues.replace_metadata(dressed, old={"a": 1}, new={})
    assert not client.exists(metadata)
    management.queues.delete(bare)
    management.queues.delete(dressed)
    assert list(client.scan_iter()) == []


def test_a_change_never_brings_a_deleted_queue_back(management, client):
    """W-R20: what is checked and what is written are one step."""
    project = queue_key().project
    for number in range(50):
        key = queue_key(project=project, name=f"q{number}")
        management.queues.create(key, {"a": 1})

        def replace(key=key):
            with contextlib.suppress(QueueNotFound, Conflict):
                management.queues.replace_metadata(key, old={"a": 1}, new={"a": 2})

        together(replace, partial(management.queues.delete, key))
        with pytest.raises(QueueNotFound):
            management.queues.get(key)

    assert list(client.scan_iter()) == []


def test_both_stores_share_a_database_without_meeting(server, store, management, client):
    """W-R12, W-R20: no name of a queue is a key of the other store."""
    names, metadata = directory_of("p", "queue")
    for name in ("names", "metadata", "directory", names.decode(), metadata.decode(), "q:p", "sweep"):
        key = queue_key(project="p", name=name)
        assert management.queues.create(key, {"name": name})
        store.records.create(key)
        store.records.delete(key)

    assert set(client.scan_iter()) == {names, metadata}
    assert management.queues.count("p") == 7
