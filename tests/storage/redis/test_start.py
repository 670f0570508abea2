"""What is said of a Redis when the service starts."""

import contextlib
import re

import pytest
import redis

from tests.integration.process import free_port
from tests.integration.redis_groups import redis_cluster, redis_sentinels
from tests.integration.redis_servers import HOST, RedisServer, redis_server
from zaqar.errors import ConfigurationError
from zaqar.storage.redis.driver import DRIVER, Options
from zaqar.storage.redis.server import start
from zaqar.storage.redis.server.start import warnings

KEPT = ["--appendonly", "yes"]


@contextlib.contextmanager
def _told(monkeypatch, **figures):
    """Let a server say other figures than it has."""
    tell = redis.Redis.info

    def info(self, *arguments, **options):
        return tell(self, *arguments, **options) | figures

    with redis_server(arguments=KEPT) as server, monkeypatch.context() as patch:
        patch.setattr(redis.Redis, "info", info)
        yield server


def test_a_server_that_keeps_its_data_and_never_evicts_gives_no_warning():
    with redis_server(arguments=KEPT) as server:
        assert warnings(server.uri) == []


def test_all_options_of_the_store_are_taken():
    with redis_server(arguments=KEPT) as server:
        options = {"max_reconnect_attempts": 1, "reconnect_sleep": 1.0, "retry_deadline": 1.0, "max_connections": 1}
        assert DRIVER.warnings(Options(uri=server.uri, socket_timeout=2.0, **options)) == []


@pytest.mark.parametrize("place", [{"tls": True}, {"unix_socket": True}, {"password": "s3cret"}], ids=str)
def test_every_way_to_a_server_is_gone(place):
    with redis_server(arguments=KEPT, **place) as server:
        files = server.access.certificates
        assert warnings(server.uri + (f"?ssl_ca_certs={files.certificate}" if files else "")) == []


def test_a_server_that_is_away_is_told_and_stops_nothing():
    uri = f"redis://:s3cret@{HOST}:{free_port()}"

    (line,) = warnings(uri)

    assert "starts anyway" in line
    assert "503" in line
    assert "refused" in line
    assert "s3cret" not in line


def test_a_server_that_hangs_does_not_hold_the_start_up():
    with redis_server() as server:
        server.pause()
        (line,) = warnings(f"{server.uri}?socket_timeout=0.1")

    assert "does not answer" in line


def test_a_certificate_that_nobody_vouches_for_is_told():
    with redis_server(tls=True) as server:
        (line,) = warnings(server.uri)

    assert "certificate verify failed" in line.lower()


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_server_that_may_evict_keys_is_told(policy):
    with redis_server(arguments=[*KEPT, "--maxmemory", "100mb", "--maxmemory-policy", policy]) as server:
        (line,) = warnings(server.uri)

    assert f"may evict keys when its memory is full (maxmemory-policy {policy})" in line


def test_a_policy_without_a_limit_evicts_nothing():
    with redis_server(arguments=[*KEPT, "--maxmemory-policy", "allkeys-lru"]) as server:
        assert warnings(server.uri) == []


def test_a_server_that_writes_nothing_to_its_disk_is_told():
    with redis_server() as server:
        (line,) = warnings(server.uri)

    assert "writes nothing to its disk" in line


def test_a_server_with_save_points_keeps_its_data():
    with redis_server(arguments=["--save", "60", "1"]) as server:
        assert warnings(server.uri) == []


def _as_user(server: RedisServer, *rights: str) -> str:
    server.client().execute_command("ACL", "SETUSER", "bob", "on", ">s3cret", *rights)
    return server.uri.replace("://", "://bob:s3cret@")


def test_a_user_who_may_not_ask_for_the_configuration_gets_no_warning():
    with redis_server() as server:
        assert warnings(_as_user(server, "+info")) == []


def test_a_user_who_may_not_ask_at_all_is_told_that_nothing_was_checked():
    with redis_server() as server:
        (line,) = warnings(_as_user(server, "+get"))

    assert "refuses INFO to this user" in line


@pytest.mark.parametrize("login", ["bob:s3cret", ":s3cret"])
def test_a_wrong_password_is_refused(login):
    with (
        redis_server(password="right") as server,
        pytest.raises(ConfigurationError, match="refuses the log-in") as caught,
    ):
        warnings(f"redis://{login}@{HOST}:{server.port}")

    assert "s3cret" not in str(caught.value)


def test_a_missing_password_is_refused():
    with redis_server(password="right") as server, pytest.raises(ConfigurationError, match="log-in"):
        warnings(f"redis://{HOST}:{server.port}")


def test_a_database_that_the_server_does_not_have_is_refused():
    with redis_server() as server, pytest.raises(ConfigurationError, match="out of range"):
        warnings(f"{server.uri}/999")


def test_a_replica_is_told():
    with redis_server(arguments=[*KEPT, "--replicaof", HOST, str(free_port())]) as replica:
        (line,) = warnings(replica.uri)

    assert "is a replica and takes no writes" in line


def test_a_single_server_is_no_cluster():
    with redis_server() as server, pytest.raises(ConfigurationError, match="is no Cluster: write redis://"):
        warnings(server.uri.replace("redis", "redis-cluster", 1))


def test_a_node_of_a_cluster_is_no_single_server(shared):
    node = shared(redis_cluster).primaries[0]

    with pytest.raises(ConfigurationError, match="write redis-cluster://"):
        warnings(node.uri)


def test_a_cluster_is_asked_through_whichever_node_answers(shared):
    node = shared(redis_cluster).primaries[0]

    lines = warnings(f"redis-cluster://{HOST}:{free_port()},{HOST}:{node.port}")

    assert [line for line in lines if "writes nothing" not in line] == []


def test_sentinels_that_are_away_are_told():
    (line,) = warnings(f"redis://{HOST}:{free_port()},{HOST}:{free_port()}?master=m")

    assert "does not answer" in line
    assert "No master found for 'm'" in line


def test_the_primary_that_sentinel_names_is_asked(shared):
    lines = warnings(shared(redis_sentinels).uri)

    assert [line for line in lines if "replica" in line or "does not answer" in line] == []


def test_a_master_that_no_sentinel_knows_is_told(shared):
    (line,) = warnings(re.sub("master=[^&]*", "master=other", shared(redis_sentinels).uri))

    assert "No master found for 'other'" in line


@pytest.mark.parametrize("version", ["6.0.16", "5.0.14", "2.8"])
def test_a_server_that_is_too_old_is_refused(version, monkeypatch):
    refused = pytest.raises(ConfigurationError, match=f"is {version}: the service needs 6.2 or newer")

    with _told(monkeypatch, redis_version=version) as server, refused:
        warnings(server.uri)


@pytest.mark.parametrize("version", ["6.2.14", "7.4-rc1", "255.255.255", "8.0", "unstable", ""])
def test_every_newer_version_and_what_is_no_number_is_taken(version, monkeypatch):
    with _told(monkeypatch, redis_version=version) as server:
        assert warnings(server.uri) == []


def test_an_address_that_cannot_be_used_is_refused():
    with pytest.raises(ConfigurationError, match="must begin with"):
        start.warnings("http://h")


def test_the_data_of_another_implementation_is_warned_of_in_one_sentence():
    with redis_server(arguments=["--appendonly", "yes"]) as server:
        assert warnings(server.uri) == []
        server.client().zadd("msgset_index", {"project.queue.messages": 1})
        server.client().set("project.queue.rank_counter", 1)

        (line,) = warnings(server.uri)

    assert "another implementation" in line
