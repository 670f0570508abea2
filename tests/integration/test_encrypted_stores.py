"""What is posted to an encrypted queue stands in no store and in no log; what is posted to another stands in the store."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymongo
import pytest
import redis

from tests.integration.mongo_servers import missing_mongo, named_or_own_mongo
from tests.integration.process import RunningServer, running_server
from tests.integration.redis_servers import missing_redis, named_or_own_redis
from tests.integration.rest import Service
from tests.needs import Shared, require

SECRET = "nobody-reads-this-but-its-owner"
PLAIN = "anybody-with-the-data-reads-this"
KEY = "the-key-that-the-tests-encrypt-with"
DATABASE = "encrypted_stores"

Data = Callable[[], bytes]


def _sqlite(folder: Path) -> bytes:
    # Closed servers leave no log beside the file, running ones do.
    with sqlite3.connect(folder / "zaqar.db"):
        return b"".join(path.read_bytes() for path in sorted(folder.glob("zaqar.db*")) if "reserve" not in path.name)


def _redis(uri: str) -> bytes:
    """Return every value of every key, as no snapshot would show it: those are compressed."""
    read: dict[bytes, Callable[[redis.Redis, bytes], Any]] = {
        b"string": lambda server, key: server.get(key),
        b"hash": lambda server, key: server.hgetall(key),
        b"list": lambda server, key: server.lrange(key, 0, -1),
        b"set": lambda server, key: server.smembers(key),
        b"zset": lambda server, key: server.zrange(key, 0, -1),
        b"stream": lambda server, key: server.xrange(key),
    }
    with redis.Redis.from_url(uri) as server:
        return repr([(key, read[server.type(key)](server, key)) for key in server.scan_iter()]).encode()


def _mongo(uri: str) -> bytes:
    with pymongo.MongoClient(uri) as server:
        database = server[DATABASE]
        return repr([list(database[name].find()) for name in database.list_collection_names()]).encode()


@pytest.fixture(scope="module", params=["sqlite", "redis", "mongodb"])
def stored(request, shared: Shared, tmp_path_factory) -> Iterator[tuple[RunningServer, Data]]:
    """A server that logs all there is to log, and what reads everything that its store has."""
    folder = tmp_path_factory.mktemp("server")
    settings: dict[str, dict[str, object]] = {
        "DEFAULT": {"debug": True, "state_path": folder, "enable_checksum": True},
        "server": {"workers": 2, "access_log": True},
        "transport": {"message_encryption_keys": f"2027:{KEY}"},
    }
    data: Data = lambda: _sqlite(folder)  # noqa: E731 - one of three
    if request.param == "redis":
        require("Redis", missing_redis())
        uri = shared(named_or_own_redis)
        settings["drivers"] = {"message_store": "redis", "management_store": "redis"}
        settings["drivers:message_store:redis"] = {"uri": uri}
        data = lambda: _redis(uri)  # noqa: E731
    if request.param == "mongodb":
        require("MongoDB", missing_mongo())
        uri = shared(named_or_own_mongo)
        settings["drivers"] = {"message_store": "mongodb", "management_store": "mongodb"}
        settings["drivers:message_store:mongodb"] = {"uri": uri, "database": DATABASE}
        data = lambda: _mongo(uri)  # noqa: E731
    with running_server(folder, settings) as server:
        yield server, data


def _shown(service: Service, path: str, method: str = "GET") -> list[Any]:
    _, answer = service.call(method, f"/v2/queues/{path}")
    return [message["body"] for message in answer["messages"]]


def test_the_plain_text_is_in_no_store_and_in_no_log(stored):
    server, data = stored
    service = Service(server.url, "encrypted-stores")
    metadata = {"_enable_encrypt_messages": True, "_max_claim_count": 1, "_dead_letter_queue": "dead"}
    status, _ = service.call("PUT", "/v2/queues/closed", metadata)
    assert status == 201
    ids = service.post("closed", [{"word": SECRET}, SECRET, [SECRET]])
    service.post("open", [{"word": PLAIN}])

    whole = [{"word": SECRET}, SECRET, [SECRET]]
    assert _shown(service, "closed/messages?echo=true") == whole
    assert _shown(service, f"closed/messages?ids={','.join(ids)}") == whole
    assert _shown(service, "closed/claims?limit=2", "POST") == whole[:2]
    claim = service.every_message("closed")[0]["href"].rpartition("=")[2]
    assert _shown(service, f"closed/claims/{claim}") == whole[:2]
    service.call("DELETE", f"/v2/queues/closed/claims/{claim}")
    held = data()
    # Both have been claimed once, so they become dead letters, and the third is claimed.
    assert _shown(service, "closed/claims", "POST") == whole[2:]
    assert _shown(service, "dead/messages?echo=true") == whole[:2]
    later = data()
    assert _shown(service, "dead/messages?pop=1", "DELETE") == whole[:1]
    service.call("POST", "/v2/queues/closed/messages", {"messages": [{"body": SECRET, "ttl": 1}]})
    service.close()

    for found in (held, later):
        assert PLAIN.encode() in found, "this does not see what is stored"
        assert SECRET.encode() not in found
        assert KEY.encode() not in found
    for word in (SECRET, PLAIN, KEY):
        assert word not in server.log
