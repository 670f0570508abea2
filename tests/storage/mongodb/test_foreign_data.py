"""Another implementation's data in the same database is told of at the start."""

import pytest

from tests.builders import new_message
from tests.conformance.acts import post
from tests.storage.mongodb.opening import opened, warnings
from zaqar.errors import ConfigurationError

MESSAGE = {"p_q": "demo/jobs", "t": 3600, "k": 1, "b": {"job": 1}}


def about(server, name):
    return [line for line in warnings(server.uri, database=name) if "another implementation" in line]


def test_foreign_messages_are_warned_of_and_left_alone(server, name, data, clock, queue):
    data.messages.insert_many([dict(MESSAGE), dict(MESSAGE)])

    (line,) = about(server, name)

    assert "the database " + name in line
    assert "(collection messages)" in line
    with opened(server.uri, name, clock) as store:
        store.records.create(queue)
        post(store, queue, new_message(b"1"))
    assert data.messages.count_documents({"p_q": "demo/jobs"}) == 2


def test_foreign_queues_are_refused_with_what_to_do(server, name, data):
    """The index that keeps names apart cannot be made beside them."""
    data.queues.insert_many([{"p_q": "demo/jobs", "m": {}}, {"p_q": "demo/mail", "m": {}}])

    with pytest.raises(ConfigurationError, match=r"\(collection queues\): name another .* database"):
        about(server, name)


def test_data_of_our_own_is_no_reason_to_warn(server, name, store, management, queue):
    management.queues.create(queue, {})
    store.records.create(queue)
    post(store, queue, new_message(b"1"))

    assert about(server, name) == []
