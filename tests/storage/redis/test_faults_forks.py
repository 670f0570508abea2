"""A process that forks after it has used a store, as a server does that loads the application before its workers."""

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import listed, numbers, post
from tests.integration.redis_groups import redis_cluster, redis_sentinels
from tests.integration.redis_servers import redis_server
from tests.storage.children import child
from tests.storage.redis.faults import made_queue
from tests.storage.redis.opening import opened


@pytest.fixture(params=[redis_server, redis_sentinels, redis_cluster], ids=lambda make: make.__name__)
def uri(request, shared):
    return shared(request.param).uri


def test_parent_and_child_use_a_store_side_by_side(uri):
    with opened(uri) as store:
        queue = made_queue(store)
        post(store, queue, *numbered_messages(1))

        def work(parent):
            for number in range(1, 20):
                post(store, queue, *numbered_messages(1, first=number))
            parent.say()
            parent.wait()
            assert len(listed(store, queue)) == 39

        with child(work) as forked:
            for number in range(20, 39):
                post(store, queue, *numbered_messages(1, first=number))
            forked.wait()
            forked.say()

        assert sorted(numbers(listed(store, queue))) == list(range(39))


def test_a_child_uses_no_connection_of_its_parent_and_leaves_it_open(shared):
    client = shared(redis_server).client()
    with opened(shared(redis_server).uri) as store:
        queue = made_queue(store)
        mine = _last_user(client)

        def work(parent):
            post(store, queue, new_message())
            assert _last_user(client) != mine
            store.close()

        with child(work):
            pass

        post(store, queue, new_message())
        assert _last_user(client) == mine
        assert len(listed(store, queue)) == 2


def _last_user(client):
    """Return which connection ran the last script."""
    return min(
        (one for one in client.client_list() if one["cmd"] == "evalsha"),
        key=lambda one: (int(one["idle"]), -int(one["id"])),
    )["id"]
