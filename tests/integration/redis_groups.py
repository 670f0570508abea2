"""Groups of real Redis servers: a Cluster, and a primary with replicas under the eyes of three Sentinels."""

import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.integration.process import free_port, wait_until
from tests.integration.redis_servers import (
    HOST,
    Access,
    RedisServer,
    ended,
    redis_folder,
    redis_program,
    started,
)

SLOTS = 16384
MASTER = "zaqar"
SECONDS = 60.0
"""How long a group may take to form, or to replace a member."""


@dataclass(frozen=True)
class RedisCluster:
    """A Cluster: the primaries, in the order of their slots, and the replica of each where it has one."""

    primaries: list[RedisServer]
    replicas: list[RedisServer]

    @property
    def uri(self) -> str:
        """Return the address as the driver takes it."""
        return "redis-cluster://" + ",".join(f"{HOST}:{node.port}" for node in self.primaries)

    def primary_of(self, key: str) -> RedisServer:
        """Return the primary that had the key when the Cluster was made."""
        slot = int(self.primaries[0].client().execute_command("CLUSTER", "KEYSLOT", key))
        return next(
            node for place, node in enumerate(self.primaries) if slot in _slots_of(place, of=len(self.primaries))
        )

    def flush(self) -> None:
        """Remove all data."""
        for node in self.primaries:
            node.client().flushall()

    def wait_until_ok(self) -> None:
        """Wait until all living members agree that every slot is served."""
        living = [node for node in (*self.primaries, *self.replicas) if node.process.poll() is None]
        wait_until(lambda: all(map(is_ok, living)), seconds=SECONDS, what="the state ok of the Cluster")

    def wait_for_failover(self, place: int) -> RedisServer:
        """Wait until the replica of a primary that is gone has taken over; both change their places here."""
        replica = self.replicas[place]
        wait_until(lambda: _role(replica) == "master", seconds=SECONDS, what="a failover")
        self.primaries[place], self.replicas[place] = replica, self.primaries[place]
        self.wait_until_ok()
        return replica


@contextlib.contextmanager
def redis_cluster(nodes: int = 3, *, replicas: int = 0) -> Iterator[RedisCluster]:
    """Run a Cluster of so many primaries, each with one replica where ``replicas`` is 1."""
    with redis_folder() as folder, contextlib.ExitStack() as servers:
        members = [
            servers.enter_context(cluster_member(folder / str(number))) for number in range(nodes * (1 + replicas))
        ]
        for member in members:
            member.wait()
        cluster = RedisCluster(members[:nodes], members[nodes:])
        _join(cluster)
        yield cluster


def cluster_member(folder: Path) -> contextlib.AbstractContextManager[RedisServer]:
    folder.mkdir()
    settings = {
        "cluster-enabled": "yes",
        "cluster-node-timeout": "2000",
        "cluster-announce-ip": HOST,
        "cluster-replica-validity-factor": "0",  # a replica stands for election however old its data is
    }
    arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
    return started(folder, arguments, port=_port_with_bus())


def _join(cluster: RedisCluster) -> None:
    members = [*cluster.primaries, *cluster.replicas]
    for epoch, member in enumerate(members, start=1):
        # Members with the same epoch would spend the first seconds on settling which is older.
        cluster_command(member, "SET-CONFIG-EPOCH", epoch)
    for member in members:
        for other in members:
            cluster_command(member, "MEET", HOST, other.port)
    for place, primary in enumerate(cluster.primaries):
        cluster_command(primary, "ADDSLOTS", *_slots_of(place, of=len(cluster.primaries)))
    cluster.wait_until_ok()
    wait_until(
        lambda: all(len(known_to(member)) == len(members) for member in members),
        seconds=SECONDS,
        what="every member knowing all others",
    )
    for primary, replica in zip(cluster.primaries, cluster.replicas, strict=False):
        cluster_command(replica, "REPLICATE", cluster_command(primary, "MYID"))
    _wait_for_replicas(cluster.replicas)


def cluster_command(node: RedisServer, *words: str | int | bytes) -> bytes:
    # As the server writes it: the client would turn some of the answers into objects.
    connection = node.client().connection_pool.get_connection()
    try:
        connection.send_command("CLUSTER", *words)
        return connection.read_response()
    finally:
        node.client().connection_pool.release(connection)


def is_ok(node: RedisServer) -> bool:
    return b"cluster_state:ok" in cluster_command(node, "INFO")


def known_to(node: RedisServer) -> list[bytes]:
    lines = cluster_command(node, "NODES").splitlines()
    return [line for line in lines if b"handshake" not in line and b"fail" not in line]


def _slots_of(place: int, *, of: int) -> range:
    return range(place * SLOTS // of, (place + 1) * SLOTS // of)


def _port_with_bus() -> int:
    """Return a free port whose companion, 10000 above, is free too: members talk to one another there."""

    def find() -> int:
        port = free_port()
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.bind((HOST, port + 10000))
            return port
        return 0

    return wait_until(find, what="a free pair of ports")


@dataclass
class RedisSentinels:
    """A primary, its replicas, and the Sentinels that watch them."""

    primary: RedisServer
    replicas: list[RedisServer]
    sentinels: list[RedisServer]

    @property
    def uri(self) -> str:
        """Return the address as the driver takes it; where the Sentinels have a password, without that."""
        secret = "" if self.primary.access.password is None else f":{self.primary.access.password}@"
        hosts = ",".join(f"{HOST}:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis://{secret}{hosts}?master={MASTER}"

    def wait_for_failover(self) -> RedisServer:
        """Wait until a replica has taken over, by the word of every living Sentinel; it is ``primary`` from then on."""
        old, watching = self.primary, [one for one in self.sentinels if one.process.poll() is None]

        def new_primary() -> RedisServer | None:
            named = {_port_of_master(sentinel) for sentinel in watching}
            chosen = [server for server in self.replicas if named == {server.port}]
            return chosen[0] if chosen and _role(chosen[0]) == "master" else None

        self.primary = wait_until(new_primary, seconds=SECONDS, what="a failover")
        self.replicas = [old, *(server for server in self.replicas if server is not self.primary)]
        return self.primary

    def wait_until_ready(self) -> None:
        """Wait until the Sentinels know one another and every replica, so that they can replace the primary."""
        wait_until(lambda: all(map(self._sees_all, self.sentinels)), seconds=SECONDS, what="the Sentinels' agreement")

    def _sees_all(self, sentinel: RedisServer) -> bool:
        seen = sentinel.client().sentinel_master(MASTER)
        replicas = sentinel.client().sentinel_slaves(MASTER)
        return (
            seen["num-other-sentinels"] == len(self.sentinels) - 1
            and len(replicas) == len(self.replicas)
            and all(replica["master-link-status"] == "ok" for replica in replicas)
        )


@contextlib.contextmanager
def redis_sentinels(
    *, replicas: int = 1, password: str | None = None, sentinel_password: str | None = None
) -> Iterator[RedisSentinels]:
    """Run a primary with replicas and three Sentinels, two of which decide; ``password`` is that of the servers."""
    with redis_folder() as folder, contextlib.ExitStack() as servers:
        access = Access(password)
        primary = servers.enter_context(_data_server(folder / "primary", access))
        primary.wait()
        copies = [
            servers.enter_context(
                _data_server(folder / f"replica-{number}", access, "--replicaof", HOST, str(primary.port))
            )
            for number in range(replicas)
        ]
        # Only the first look of a Sentinel comes at once, the next ten seconds later: all must be there to be seen.
        _wait_for_replicas(copies)
        watchers = [
            servers.enter_context(ended(_sentinel(folder / f"sentinel-{number}", primary, Access(sentinel_password))))
            for number in range(3)
        ]
        for watcher in watchers:
            watcher.wait()
        group = RedisSentinels(primary, copies, watchers)
        group.wait_until_ready()
        yield group


def _data_server(folder: Path, access: Access, *arguments: str) -> contextlib.AbstractContextManager[RedisServer]:
    folder.mkdir()
    return started(folder, arguments, access=access)


def _sentinel(folder: Path, primary: RedisServer, access: Access) -> RedisServer:
    folder.mkdir()
    port = free_port()
    lines = [
        f"bind {HOST}",
        f"port {port}",
        f'dir "{folder}"',
        f"sentinel monitor {MASTER} {HOST} {primary.port} 2",
        f"sentinel down-after-milliseconds {MASTER} 1000",
        f"sentinel failover-timeout {MASTER} 3000",
    ]
    if primary.access.password is not None:
        lines.append(f'sentinel auth-pass {MASTER} "{primary.access.password}"')
    if access.password is not None:
        lines += [f'requirepass "{access.password}"', f'sentinel sentinel-pass "{access.password}"']
    configuration = folder / "sentinel.conf"
    configuration.write_text("\n".join([*lines, ""]))
    return RedisServer([str(redis_program()), str(configuration), "--sentinel"], folder, port, access)


def _wait_for_replicas(replicas: list[RedisServer]) -> None:
    for replica in replicas:
        replica.wait()
        wait_until(
            lambda replica=replica: replica.client().info("replication").get("master_link_status") == "up",
            seconds=SECONDS,
            what="a replica's first copy",
        )


def _port_of_master(sentinel: RedisServer) -> int:
    _, port = sentinel.client().sentinel_get_master_addr_by_name(MASTER)
    return int(port)


def _role(server: RedisServer) -> str:
    try:
        return str(server.client().info("replication")["role"])
    except redis.ConnectionError:
        return ""
