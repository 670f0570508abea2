"""A server that restarts, is away or hangs: calls go on when it does, and end in time when it does not."""

import threading

import pytest

from tests.builders import new_message, numbered_messages
from tests.conformance.acts import claim, listed, numbers, post
from tests.conformance.threads import together
from tests.integration.process import wait_until
from tests.integration.redis_servers import redis_server
from tests.storage.redis.faults import ACTS, DURABLE, HASTY, Scene, made_queue, within
from tests.storage.redis.opening import opened
from zaqar.errors import Unavailable
from zaqar.storage.ids import named


@pytest.fixture(scope="module")
def server():
    with redis_server(arguments=DURABLE) as running:
        yield running


def _end_connections(server, *, also_scripts=False):
    """Do to idle connections what a restart does."""
    server.client().client_kill_filter(_type="normal", skipme=True)
    if also_scripts:
        server.client().script_flush()


def _fails_in_time(call):
    with within(HASTY["retry_deadline"] + 6 * HASTY["socket_timeout"] + 1.5), pytest.raises(Unavailable) as caught:
        call()
    return caught.value


def test_everything_is_there_after_a_restart_and_the_next_calls_succeed(server):
    with opened(server.uri) as store:
        queue = made_queue(store)
        post(store, queue, *numbered_messages(3))
        held = claim(store, queue, limit=1)
        server.kill()
        server.start()

        (popped,) = store.messages.pop(queue, limit=1)
        post(store, queue, *numbered_messages(1, first=3))
        store.messages.delete(queue, named(held.messages[0].id), claim_id=named(held.id))

        assert numbers([popped]) == [1]
        assert numbers(listed(store, queue)) == [2, 3]


@pytest.mark.parametrize("name", ACTS)
def test_a_call_after_idle_connections_were_closed_succeeds_at_once(name, server):
    with opened(server.uri) as store:
        scene = Scene(store)
        together(*[store.is_alive] * 8)
        _end_connections(server, also_scripts=True)

        with within(1):
            scene.act(name)


def test_connections_that_were_closed_are_not_counted_among_those_in_use(server):
    with opened(server.uri, max_connections=2, **HASTY) as store:
        queue = made_queue(store)
        for number in range(4):
            _end_connections(server)
            post(store, queue, *numbered_messages(1, first=number))
            _end_connections(server)
            assert numbers(store.messages.pop(queue, limit=1)) == [number]


def test_scripts_are_loaded_again_even_where_nothing_may_be_tried_again(server):
    with opened(server.uri, retry_deadline=0, max_reconnect_attempts=0) as store:
        queue = made_queue(store)
        server.client().script_flush()

        post(store, queue, new_message())
        server.client().script_flush()
        assert len(store.messages.pop(queue, limit=10)) == 1


def test_calls_wait_for_a_server_that_restarts_meanwhile(server):
    with opened(server.uri) as store:
        queue = made_queue(store)
        server.kill()
        waiting = [threading.Thread(target=post, args=(store, queue, new_message())) for _ in range(4)]
        for thread in waiting:
            thread.start()
        server.start()
        for thread in waiting:
            thread.join(10)

        assert len(listed(store, queue)) == 4


def test_a_server_that_is_away_is_unavailable_in_time_and_needs_no_restart_of_ours(server):
    with opened(server.uri, **HASTY) as store:
        queue = made_queue(store)
        server.kill()

        for call in (lambda: listed(store, queue), lambda: store.messages.pop(queue, limit=1), store.sweep):
            _fails_in_time(call)
        assert not store.is_alive()

        server.start()
        post(store, queue, new_message())
        assert store.is_alive()


def test_tries_are_limited_in_number_too(server):
    with opened(server.uri, retry_deadline=60, max_reconnect_attempts=2, reconnect_sleep=0.01) as store:
        queue = made_queue(store)
        server.kill()
        try:
            with within(2), pytest.raises(Unavailable):
                listed(store, queue)
        finally:
            server.start()


def test_a_server_that_hangs_is_unavailable_in_time_for_every_thread(server):
    """W-R17: timeouts were not tried again, and pauses summed up to 1023 seconds."""
    with opened(server.uri, max_connections=2, **HASTY) as store:
        queue = made_queue(store)
        server.pause()
        try:
            failures = together(*[lambda: _fails_in_time(lambda: listed(store, queue))] * 4)
            assert not store.is_alive()
        finally:
            server.resume()

        assert len(failures) == 4
        assert listed(store, queue) == []


def test_a_short_hang_is_waited_out_and_posts_once(server):
    with opened(server.uri, socket_timeout=0.2) as store:
        queue = made_queue(store)
        server.pause()
        posting = threading.Thread(target=post, args=(store, queue, new_message()))
        posting.start()
        wait_until(lambda: store.parts.server.losses >= 3, what="several attempts waiting in the server's sockets")
        server.resume()
        posting.join(10)

        assert len(listed(store, queue)) == 1


def test_threads_beyond_the_limit_wait_for_a_connection(server):
    """W-R21: the number of connections could not be limited."""
    with opened(server.uri, max_connections=2) as store:
        queue = made_queue(store)

        together(*[lambda: post(store, queue, new_message())] * 12)

        mine = [one for one in server.client().client_list() if one["cmd"] == "evalsha"]
        assert len(mine) <= 2
        assert len(listed(store, queue)) == 12


def test_a_thread_that_finds_no_connection_in_time_is_told_so(server):
    with opened(server.uri, max_connections=1, retry_deadline=0.3, socket_timeout=5) as store:
        queue = made_queue(store)
        server.pause()
        occupying = threading.Thread(target=store.is_alive)
        occupying.start()
        wait_until(lambda: not store.parts.server.link.pool.idle, what="the only connection being in use")
        try:
            with within(2), pytest.raises(Unavailable, match="every connection to it is in use"):
                listed(store, queue)
        finally:
            server.resume()
            occupying.join(10)

        assert listed(store, queue) == []


def test_a_closed_store_opens_again(server):
    with opened(server.uri) as store:
        queue = made_queue(store)
        store.close()
        wait_until(lambda: not any(one["cmd"] == "evalsha" for one in server.client().client_list()), what="its end")

        post(store, queue, new_message())
