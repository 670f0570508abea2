"""A server that answers, but that it cannot: it is full, a replica, loading, busy, or does not let us in."""

import contextlib
import secrets
import shutil
import threading

import pytest
import redis

from tests.builders import dead_letter_rule, new_message, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import claim, everything, listed, numbers, post
from tests.integration.process import free_port, wait_until
from tests.integration.redis_servers import HOST, redis_server
from tests.storage.redis.faults import ACTS, HASTY, Scene, made_queue, within
from tests.storage.redis.opening import management_store, opened
from zaqar.errors import Unavailable
from zaqar.storage.ids import named
from zaqar.storage.redis.server.failure import ServerFailed

NEED_MEMORY = {"post", "create queue"}


@pytest.fixture(scope="module")
def server():
    with redis_server() as running:
        yield running


@pytest.fixture
def scene(server):
    with opened(server.uri) as store:
        yield Scene(store)


@contextlib.contextmanager
def configured(server, **settings):
    """Let the server have other settings while the block runs."""
    names = {name.replace("_", "-"): value for name, value in settings.items()}
    client = server.client()
    before = {name: client.config_get(name)[name] for name in names}
    for name, value in names.items():
        client.config_set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            client.config_set(name, value)


@contextlib.contextmanager
def soon(step, *arguments):
    """Do something a moment after the block began."""
    timer = threading.Timer(0.3, step, arguments)
    timer.start()
    try:
        yield
    finally:
        timer.join()


def test_a_full_server_refuses_posts_at_once_and_says_so(server, scene):
    with configured(server, maxmemory=1):
        with within(3), pytest.raises(Unavailable, match="The store is full"):
            post(scene.store, scene.queue, new_message())
        with contextlib.closing(management_store(server.uri)) as management, within(3):
            with pytest.raises(Unavailable, match="The store is full"):
                management.queues.create(scene.queue, {})
            management.queues.delete(scene.queue)

    post(scene.store, scene.queue, *numbered_messages(1, first=6))
    assert numbers(everything(scene.store, scene.queue)) == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("name", sorted(set(ACTS) - NEED_MEMORY))
def test_everything_that_drains_a_full_server_still_works(name, server, scene):
    with configured(server, maxmemory=1), within(3):
        scene.act(name)


def test_consumers_drain_a_full_server(server):
    clock = MovableClock()
    with opened(server.uri, clock=clock) as store:
        queue = made_queue(store)
        post(store, queue, *numbered_messages(4), *numbered_messages(2, first=4, delay=5))
        post(store, queue, *numbered_messages(2, first=6, ttl=5))
        claim(store, queue, ttl=5, limit=2)
        clock.move(6)

        with configured(server, maxmemory=1):
            taken = claim(store, queue, ttl=60, limit=3)
            store.claims.renew(queue, named(taken.id), ttl=90, grace=60)
            for message in taken.messages:
                store.messages.delete(queue, named(message.id), claim_id=named(taken.id))
            clock.move(1)
            assert numbers(store.messages.pop(queue, limit=10)) == [3, 4, 5]
            assert everything(store, queue) == []


def test_a_full_server_lets_messages_claimed_too_often_wait_and_gives_the_others(server):
    clock = MovableClock()
    with opened(server.uri, clock=clock) as store:
        queue, dead = made_queue(store), made_queue(store)
        post(store, queue, *numbered_messages(2))
        claim(store, queue, ttl=5, limit=1)
        clock.move(6)

        with configured(server, maxmemory=1):
            taken = claim(store, queue, dead_letter=dead_letter_rule(dead))
            assert numbers(taken.messages) == [1]
            assert listed(store, dead) == []

        store.sweep()
        assert numbers(listed(store, dead)) == [0]


@contextlib.contextmanager
def made_replica(server):
    """Let the server be the replica of one that is not there, until somebody promotes it."""
    server.client().replicaof(HOST, free_port())
    try:
        yield
    finally:
        server.client().replicaof("NO", "ONE")


def test_a_replica_is_unavailable_in_time_and_the_operator_is_told_why(server, scene):
    with made_replica(server), opened(server.uri, **HASTY) as store:
        for call in (
            lambda: post(store, scene.queue, new_message()),
            lambda: store.messages.pop(scene.queue, limit=1),
            lambda: store.records.purge(scene.queue),
        ):
            with within(4), pytest.raises(Unavailable, match="takes no writes: the server is a replica") as caught:
                call()
            assert isinstance(caught.value.__cause__, redis.ResponseError)


@pytest.mark.parametrize("is_stale_served", ["yes", "no"])
def test_calls_wait_for_a_replica_that_is_promoted(is_stale_served, server, scene):
    """W-R17: that a server was read-only was not tried again."""
    with configured(server, replica_serve_stale_data=is_stale_served), made_replica(server):
        with soon(server.client().replicaof, "NO", "ONE"):
            post(scene.store, scene.queue, *numbered_messages(1, first=6))

        assert numbers(scene.store.messages.pop(scene.queue, limit=10)) == [2, 3, 4, 5, 6]


def test_a_primary_that_became_a_replica_refuses_a_pop_without_harm(server, scene):
    with made_replica(server), soon(server.client().replicaof, "NO", "ONE"):
        assert numbers(scene.store.messages.pop(scene.queue, limit=2)) == [2, 3]


def test_calls_wait_for_replicas_that_are_missing(server, scene):
    with configured(server, min_replicas_to_write=1):
        with soon(server.client().config_set, "min-replicas-to-write", 0):
            assert numbers(scene.store.messages.pop(scene.queue, limit=1)) == [2]
        server.client().config_set("min-replicas-to-write", 1)
        with opened(server.uri, **HASTY) as hasty, pytest.raises(Unavailable, match="too few of its replicas"):
            post(hasty, scene.queue, new_message())


def test_calls_wait_for_a_server_that_loads_its_data():
    with redis_server(arguments=["--rdbcompression", "no"]) as server, opened(server.uri) as store:
        scene = Scene(store)
        server.client().mset({str(number): secrets.token_hex(100_000) for number in range(60)})
        server.client().save()
        server.kill()
        server.words = [*server.words, "--key-load-delay", "20000"]
        starting = threading.Thread(target=server.start)
        starting.start()
        with contextlib.closing(redis.Redis(HOST, server.port, retry=None)) as client:
            wait_until(lambda: _is_loading(client), what="a server that loads")

        assert numbers(store.messages.pop(scene.queue, limit=1)) == [2]
        starting.join(10)


def _is_loading(client):
    try:
        client.ping()
    except redis.BusyLoadingError:
        return True
    except redis.ConnectionError:
        return False
    raise AssertionError("the server has loaded before anybody asked it")


def test_calls_wait_for_a_server_that_is_busy_with_a_script(server, scene):
    def run_for_ever():
        with contextlib.suppress(redis.ResponseError), contextlib.closing(redis.Redis(HOST, server.port)) as client:
            client.eval("while true do end", 0)

    with configured(server, lua_time_limit=10), opened(server.uri, **HASTY) as hasty:
        running = threading.Thread(target=run_for_ever)
        running.start()
        wait_until(lambda: _is_busy(server), what="a server that is busy")
        with within(4), pytest.raises(Unavailable, match="busy with a script"):
            hasty.messages.pop(scene.queue, limit=1)
        with soon(server.client().script_kill):
            assert numbers(scene.store.messages.pop(scene.queue, limit=1)) == [2]
        running.join(10)


def _is_busy(server):
    try:
        server.client().ping()
    except redis.ResponseError:
        return True
    return False


def test_a_password_that_was_changed_is_told_at_once_and_without_it():
    with redis_server(password="s3cret") as server, opened(server.uri) as store:
        queue = made_queue(store)
        client = server.client()
        client.config_set("requirepass", "n3w")
        client.client_kill_filter(_type="normal", skipme=True)

        with within(3), pytest.raises(Unavailable, match="refuses the log-in") as caught:
            post(store, queue, new_message())
        assert "s3cret" not in f"{caught.value}{caught.value.__cause__!r}{caught.value.__cause__}"
        assert not store.is_alive()

        client.config_set("requirepass", "s3cret")
        post(store, queue, new_message())


def test_a_right_that_was_taken_away_is_told_at_once(server, scene):
    server.client().execute_command("ACL", "SETUSER", "bob", "on", ">s3cret", "~*", "+@all", "-evalsha")
    with (
        opened(server.uri.replace("://", "://bob:s3cret@")) as store,
        within(3),
        pytest.raises(Unavailable, match="does not permit"),
    ):
        listed(store, scene.queue)


def test_a_server_that_cannot_write_to_its_disk_says_so():
    with redis_server() as server, configured(server, save="3600 1"), opened(server.uri) as store:
        queue = made_queue(store)
        shutil.rmtree(server.folder)
        server.client().bgsave()
        wait_until(
            lambda: server.client().info("persistence")["rdb_last_bgsave_status"] == "err", what="a save that failed"
        )

        with within(3), pytest.raises(Unavailable, match="cannot write to its disk"):
            store.records.purge(queue)
        server.folder.mkdir()


def test_a_mistake_of_ours_is_not_called_an_outage(server, scene):
    server.client().set(b"zaqar:{q:p/n}:expiry", b"not a set")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        scene.store.messages.pop(queue_key(project="p", name="n"), limit=1)


SCRIPT = (
    "Error running script (call to f_6b1bf486c81ceb7edf3c093f4c48582e38c0e791): @user_script:33: @user_script: 33: "
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"{SCRIPT}-OOM command not allowed when used memory > 'maxmemory'.", "OOM"),
        (f"{SCRIPT}-READONLY You can't write against a read only replica.", "READONLY"),
        (f"{SCRIPT}-NOREPLICAS Not enough good replicas to write.", "NOREPLICAS"),
        (f"{SCRIPT}-MISCONF Redis is configured to save RDB snapshots", "MISCONF"),
        (f"{SCRIPT}WRONGTYPE Operation against a key", ""),
        ("MISCONF Redis is configured to save RDB snapshots", "MISCONF"),
        ("Error 111 connecting to READONLY:6379. Connection refused.", ""),
    ],
)
def test_what_redis_6_2_answers_in_a_script_is_understood_too(text, code):
    assert ServerFailed(redis.ResponseError(text), was_sent=True).code == code
