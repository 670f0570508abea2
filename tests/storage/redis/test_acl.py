"""The user that ``doc/redis.rst`` describes can do everything the driver does."""

import re
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from tests.builders import dead_letter_rule, new_message, new_token, numbered_messages, queue_key
from tests.conformance.outbox_acts import finish, lease, subscribe_many
from tests.conformance.redrive_acts import begin, bury, dead_letters, origin_in, redrive
from tests.integration.redis_groups import redis_cluster
from tests.integration.redis_servers import RedisServer, redis_server
from tests.storage.redis.opening import management_store, message_store
from zaqar.models import QueueKey
from zaqar.storage.contract import MessageStore
from zaqar.storage.ids import named, parse_ids
from zaqar.storage.redis.server.start import warnings

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "doc" / "redis.rst").read_text()
DRIVER = ROOT / "zaqar" / "storage" / "redis"


def _more_in_a_cluster() -> list[str]:
    found = re.search(r"``(\+cluster[^`]*)``", DOCUMENT)
    assert found is not None
    return found[1].split()


def _documented_user() -> list[str]:
    line = re.search(r"ACL SETUSER (zaqar on >PASSWORD .*)", DOCUMENT)
    assert line is not None
    return line[1].split()


def _sent() -> set[str]:
    scripts = "".join(path.read_text() for path in (DRIVER / "scripts").rglob("*.lua"))
    program = "".join(path.read_text() for path in DRIVER.rglob("*.py"))
    found = re.findall(r"\b(?:call|in_parts|looked_up)\(\s*['\"](\w+)['\"]", scripts) + re.findall(
        r"(?:command|ask)\(\(?\s*b?\"([A-Z]+)\"", program
    )
    return {name.lower() for name in found}


def _use(uri: str) -> None:
    """Do everything once."""
    queue, dead, emptied = queue_key(), queue_key(), queue_key()
    management, message = management_store(uri), message_store(uri)
    try:
        for key in (queue, dead, emptied):
            management.queues.create(key, {"colour": "red"})
            message.records.create(key)
        management.queues.replace_metadata(queue, old={"colour": "red"}, new={"colour": "blue"})
        management.queues.get(queue)
        management.queues.list(queue.project, marker=None, limit=10, name_contains="q", metadata={"colour": "blue"})
        management.queues.count(queue.project)
        ids = message.messages.post(queue, numbered_messages(6), client_id="c", token=new_token()).ids
        message.messages.post(queue, numbered_messages(1, delay=100), client_id="c", token=new_token())
        message.messages.get(queue, parse_ids(ids))
        message.messages.list(
            queue, marker=None, limit=2, hidden_client_id="c", include_claimed=True, include_delayed=True
        )
        message.records.stats(queue)
        claim = message.claims.create(queue, ttl=60, grace=60, limit=2, dead_letter=None)
        message.claims.get(queue, named(claim.id))
        message.claims.renew(queue, named(claim.id), ttl=90, grace=600)
        message.messages.delete(queue, named(claim.messages[0].id), claim_id=named(claim.id))
        message.claims.release(queue, named(claim.id))
        message.claims.create(queue, ttl=60, grace=60, limit=2, dead_letter=dead_letter_rule(dead))
        message.messages.delete_many(queue, parse_ids(ids[-1:]), claim_ids=None)
        message.messages.pop(queue, limit=1)
        message.messages.details(
            queue, named(message.messages.post(queue, [new_message()], client_id="c", token=new_token()).ids[0])
        )
        _subscribe_and_deliver(message, queue)
        message.sweep()
        _bring_back(message, queue)
        message.records.purge(queue)
        assert [one.body for one in message.messages.pop(dead, limit=1)], "a message moved"
        for key in (queue, dead, emptied):
            message.records.delete(key)
            management.queues.delete(key)
        assert message.is_alive()
        assert management.is_alive()
    finally:
        message.close()
        management.close()


def _subscribe_and_deliver(message: MessageStore, queue: QueueKey) -> None:
    """Do everything that there is to do with subscriptions once."""
    one, other = subscribe_many(message, queue, 2)
    message.subscriptions.replace(queue, old=one, new=one, restarts=True)
    message.subscriptions.list(queue, marker=None, limit=10)
    message.subscriptions.get(queue, named(one.id))
    message.messages.post(queue, numbered_messages(1), client_id="c", token=new_token())
    message.deliveries.address(queue, named(one.id), new_message(), token=new_token())
    assert message.deliveries.sources() == [queue]
    finish(message, queue, *lease(message, queue))
    lease(message, queue)
    message.deliveries.standing(queue, named(one.id))
    message.deliveries.hurry(queue, named(one.id))
    message.subscriptions.delete(queue, named(other.id))
    message.subscriptions.delete_all(queue)
    assert message.deliveries.sources() == []


def _bring_back(message: MessageStore, queue: QueueKey) -> None:
    """Do everything that there is to do with redrives once."""
    (one,) = subscribe_many(message, queue, 1)
    bury(message, queue, *dead_letters(origin_in(queue), 1), *dead_letters(origin_in(queue, subscription_id=one.id), 1))
    assert redrive(message, queue).moved == 2
    message.redrives.cancel(queue, named(begin(message, queue).id))
    assert message.redrives.get(queue) is not None
    assert message.redrives.running() == [queue]
    message.subscriptions.delete_all(queue)


def _with_user(server: RedisServer, *more: str) -> None:
    server.client().execute_command("ACL", "SETUSER", *_documented_user(), *more)


def test_every_command_in_the_driver_is_one_that_the_user_may_use():
    words = [*_documented_user(), *_more_in_a_cluster()]
    allowed = {word[1:].partition("|")[0] for word in words if word.startswith("+")}

    assert _sent()
    assert _sent() - allowed == set()


def test_the_user_can_do_everything_on_one_server():
    with redis_server() as server:
        _with_user(server)
        uri = f"{server.uri.replace('://', '://zaqar:PASSWORD@')}/1"

        _use(uri)
        (line,) = warnings(uri)

    assert "writes nothing to its disk" in line, "it may ask for that, too"


def test_the_user_can_do_everything_in_a_cluster(shared):
    cluster = shared(redis_cluster)
    for node in cluster.primaries:
        _with_user(node, *_more_in_a_cluster())

    _use(cluster.uri.replace("://", "://zaqar:PASSWORD@"))


@pytest.mark.parametrize("command", ["FLUSHALL", "KEYS *", "CONFIG SET maxmemory 1", "HGETALL other", "SHUTDOWN"])
def test_the_user_can_do_nothing_else(command):
    with redis_server() as server:
        _with_user(server)
        with server.client().client() as bob:
            bob.execute_command("AUTH", "zaqar", "PASSWORD")
            with pytest.raises(NoPermissionError):
                bob.execute_command(*command.split())
