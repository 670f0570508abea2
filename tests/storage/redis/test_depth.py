"""No script looks at more than a bounded number of entries, however long the queue is. W-R3, W-R9, W-R10, W-R23."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.builders import new_message, numbered_messages, queue_key
from tests.clock import MovableClock
from tests.conformance.acts import CONSUMER, PRODUCER, claim, listed, numbers, post
from tests.integration.redis_servers import RedisServer
from tests.storage.redis.opening import message_store
from tests.storage.redis.scripts import SCRIPTS
from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named, parse_ids

DEPTH = 20_000
HEAD = 60
"""Messages behind the depth that are ready: enough for every operation of a test."""

MOST_COMMANDS = 1250
MOST_WORDS = 12_500
"""What settling may run at most: 100 messages that expire, 100 delays that end, 100 messages of claims that lapse."""


@dataclass
class Scene:
    """A queue, and what moves its time."""

    store: MessageStore
    clock: MovableClock
    queue: QueueKey


def _post(scene: Scene, count: int, *, ttl: int = 36_000, delay: int = 0) -> None:
    for first in range(0, count, 500):
        batch = numbered_messages(min(500, count - first), first=first, ttl=ttl, delay=delay)
        post(scene.store, scene.queue, *batch, client_id=CONSUMER)


def _claim(scene: Scene, count: int, *, limit: int, ttl: int) -> None:
    for _ in range(0, count, limit):
        claim(scene.store, scene.queue, limit=limit, ttl=ttl, grace=0)


def _nothing(scene: Scene) -> None:
    pass


def _claimed(scene: Scene) -> None:
    _post(scene, DEPTH)
    _claim(scene, DEPTH, limit=1000, ttl=36_000)


def _claimed_in_many(scene: Scene) -> None:
    _post(scene, DEPTH)
    _claim(scene, DEPTH, limit=10, ttl=36_000)


def _delayed(scene: Scene) -> None:
    _post(scene, DEPTH, delay=900)


def _ready(scene: Scene) -> None:
    _post(scene, DEPTH)


def _expired(scene: Scene) -> None:
    _post(scene, DEPTH, ttl=60)


def _expired_while_claimed(scene: Scene) -> None:
    _post(scene, DEPTH, ttl=60)
    _claim(scene, DEPTH, limit=20, ttl=60)


def _due(scene: Scene) -> None:
    _post(scene, DEPTH, delay=60)


def _lapsed(scene: Scene) -> None:
    _post(scene, DEPTH)
    _claim(scene, DEPTH, limit=20, ttl=60)


def _lapsed_claims_of_one(scene: Scene) -> None:
    _post(scene, DEPTH // 5)
    _claim(scene, DEPTH // 5, limit=1, ttl=60)


@pytest.fixture(scope="module")
def scenes(server: RedisServer) -> Iterator[Callable[[Callable[[Scene], None]], Scene]]:
    """Make queues of a certain depth in a database of their own, each once."""
    made: dict[Callable[[Scene], None], Scene] = {}
    clock = MovableClock()
    server.client().execute_command("FLUSHALL")
    store = message_store(f"{server.uri}/1", clock=clock)

    def scene(fill: Callable[[Scene], None]) -> Scene:
        if fill not in made:
            made[fill] = Scene(store, clock, queue_key())
            store.records.create(made[fill].queue)
            fill(made[fill])
            post(store, made[fill].queue, *numbered_messages(HEAD), client_id=PRODUCER)
        return made[fill]

    yield scene
    server.client().execute_command("FLUSHALL")
    store.close()


def _post_and_delete(scene: Scene) -> None:
    (message_id,) = post(scene.store, scene.queue, new_message())
    scene.store.messages.get(scene.queue, parse_ids([message_id]))
    scene.store.messages.delete(scene.queue, named(message_id), claim_id=None)


def _post_and_delete_many(scene: Scene) -> None:
    message_ids = post(scene.store, scene.queue, *numbered_messages(5))
    scene.store.messages.delete_many(scene.queue, parse_ids(message_ids), claim_ids=None)


def _claim_renew_and_release(scene: Scene) -> None:
    held = claim(scene.store, scene.queue, limit=10, ttl=300)
    scene.store.claims.get(scene.queue, named(held.id))
    scene.store.claims.renew(scene.queue, named(held.id), ttl=300, grace=60)
    scene.store.claims.release(scene.queue, named(held.id))


OPERATIONS: dict[str, Callable[[Scene], object]] = {
    "post, get, delete": _post_and_delete,
    "post, delete in bulk": _post_and_delete_many,
    "claim, get, renew, release": _claim_renew_and_release,
    "pop": lambda scene: scene.store.messages.pop(scene.queue, limit=1),
    "list": lambda scene: listed(scene.store, scene.queue, limit=10),
    "list with claimed": lambda scene: listed(scene.store, scene.queue, limit=10, include_claimed=True),
    "list with delayed": lambda scene: listed(scene.store, scene.queue, limit=10, include_delayed=True),
    "stats": lambda scene: scene.store.records.stats(scene.queue),
}


@pytest.mark.parametrize("fill", [_claimed, _claimed_in_many, _delayed, _ready], ids=lambda fill: fill.__name__[1:])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_an_operation_does_in_the_server_does_not_depend_on_the_depth(scenes, watch, operation, fill):
    """W-R3, W-R9: command for command, with as many words, it is what it does in a short queue."""
    shapes = []
    for scene in (scenes(_nothing), scenes(fill)):
        OPERATIONS[operation](scene)  # the first time, the agenda has to hear of the queue
        with watch() as sent:
            OPERATIONS[operation](scene)
        assert all(one.name == "EVALSHA" for one in sent)
        shapes.append([one.shape for one in sent])

    short, deep = shapes
    assert deep == short


def _bounded(sent) -> None:
    for one in sent:
        assert len(one.inside) <= MOST_COMMANDS
        assert sum(map(len, one.inside)) <= MOST_WORDS
        assert not [words for words in one.inside if _is_unbounded(words)]


def _is_unbounded(words: list[str]) -> bool:
    """Tell whether what a command reads may be the whole of a structure."""
    name = words[0].upper()
    if name == "ZRANGE":
        return not 0 <= int(words[3]) - int(words[2]) < 1000
    return name in ("ZRANGEBYSCORE", "ZRANGEBYLEX") and "LIMIT" not in words


@pytest.mark.parametrize(
    "fill",
    [_expired, _expired_while_claimed, _due, _lapsed, _lapsed_claims_of_one],
    ids=lambda fill: fill.__name__[1:],
)
@pytest.mark.parametrize("first", ["stats", "list", "claim", "pop"])
def test_what_has_fallen_due_is_settled_in_bounded_steps(scenes, server, watch, clock, fill, first):
    """W-R3, W-R9, W-R10: 20,000 entries at once hold up the server for nobody's sake."""
    scene = Scene(message_store(f"{server.uri}/1", clock=clock), clock, queue_key())
    scene.store.records.create(scene.queue)
    fill(scene)
    post(scene.store, scene.queue, *numbered_messages(HEAD), client_id=PRODUCER)
    clock.move(60)

    with watch() as sent:
        operations = {
            "stats": lambda: scene.store.records.stats(scene.queue),
            "list": lambda: listed(scene.store, scene.queue, limit=10),
            "claim": lambda: claim(scene.store, scene.queue, limit=10),
            "pop": lambda: scene.store.messages.pop(scene.queue, limit=10),
        }
        operations[first]()

    assert 1 <= len(sent) <= DEPTH // 100 + 2
    _bounded(sent)
    scene.store.records.delete(scene.queue)
    scene.store.close()


def test_a_reader_of_what_its_filters_hide_goes_on_in_bounded_steps(scenes, watch):
    """W-R4: 20,000 hidden messages are looked at 1,000 at a time."""
    scene = scenes(_ready)

    with watch() as sent:
        page = listed(scene.store, scene.queue, limit=10, hidden_client_id=CONSUMER)

    assert numbers(page)[1:] == list(range(numbers(page)[0] + 1, numbers(page)[0] + 10))
    assert len(sent) <= DEPTH // 1000 + 1
    _bounded(sent)


@pytest.mark.parametrize("fill", [_expired, _lapsed, _due], ids=lambda fill: fill.__name__[1:])
def test_the_sweep_takes_bounded_steps(server, watch, clock, fill):
    """W-R10: and leaves none out."""
    server.client().flushdb()
    scene = Scene(message_store(server.uri, clock=clock), clock, queue_key())
    scene.store.records.create(scene.queue)
    fill(scene)
    clock.move(60)

    with watch() as sent:
        gone = scene.store.sweep()

    assert gone == {_expired: DEPTH, _lapsed: DEPTH // 20, _due: 0}[fill]
    _bounded(sent)
    assert scene.store.sweep() == 0
    scene.store.records.delete(scene.queue)
    scene.store.close()


@pytest.mark.parametrize("act", ["purge", "delete"])
def test_a_long_queue_is_emptied_without_looking_at_it(server, watch, clock, act):
    """W-R23: its ids were all read first; now the server frees the memory in the background."""
    scene = Scene(message_store(server.uri, clock=clock), clock, queue_key())
    scene.store.records.create(scene.queue)
    _claimed(scene)

    with watch() as sent:
        scene.store.records.purge(scene.queue) if act == "purge" else scene.store.records.delete(scene.queue)

    (one,) = sent
    assert sum(map(len, one.inside)) <= 30
    assert "UNLINK" in [one.name, *(name for name, _ in one.shape)]
    scene.store.close()


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_no_script_has_a_command_that_reads_a_whole_structure(name):
    """W-R3, W-R9."""
    text = SCRIPTS[name].text.decode()
    commands = set(re.findall(r"(?:call|in_parts|looked_up)\(\s*'(\w+)'", text))

    assert not commands & {"HGETALL", "HKEYS", "HVALS", "KEYS", "SCAN", "HSCAN", "ZSCAN", "SMEMBERS", "SORT"}
    assert not re.search(r"'ZRANGE', \w+, 0, -1", text)
