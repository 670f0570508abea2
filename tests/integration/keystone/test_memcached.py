"""A real memcached between processes of the service (http X-25): what one has learnt of a token, another need not ask."""

import contextlib
import getpass
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.keystone.conftest import Caller
from tests.integration.keystone.server import KeystoneServer
from tests.integration.process import free_port, running_server
from tests.integration.store_server import HOST, StoreServer
from tests.needs import require

PROTECTION = {"memcache_security_strategy": "ENCRYPT", "memcache_secret_key": "memcache-key-of-the-test"}


class MemcachedServer(StoreServer):
    """A memcached, which keeps nothing over a restart."""

    @property
    def uri(self) -> str:
        """Return the address as keystonemiddleware takes it."""
        return f"{HOST}:{self.port}"

    def stored(self) -> int:
        """Return how many values it was given so far."""
        lines = self._asked(b"stats\r\nquit\r\n").splitlines()
        return int(next(line.split()[2] for line in lines if line.startswith("STAT total_items")))

    def _answers(self) -> bool:
        try:
            return self._asked(b"version\r\nquit\r\n").startswith("VERSION")
        except OSError:
            return False

    def _asked(self, words: bytes) -> str:
        with socket.create_connection((HOST, self.port), timeout=5) as connection:
            connection.sendall(words)
            return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


@pytest.fixture
def memcached(tmp_path: Path) -> Iterator[MemcachedServer]:
    program = shutil.which("memcached") or ""
    require("memcached", None if program else "it is not installed")
    port = free_port()
    words = [program, "-l", HOST, "-p", str(port), "-u", getpass.getuser()]
    server = MemcachedServer(words, tmp_path, port)
    with contextlib.closing(server):
        server.wait()
        yield server


@contextlib.contextmanager
def _service(keystone: KeystoneServer, folder: Path, **options: object) -> Iterator[Caller]:
    folder.mkdir()
    settings = {**keystone.settings(token_cache_time=600, **options), "server": {"workers": 1}}
    with running_server(folder, settings) as running:
        yield Caller(running)


@pytest.mark.parametrize("protection", [{}, PROTECTION], ids=["plain", "encrypted"])
def test_a_token_that_one_process_has_asked_about_is_not_asked_about_by_another(
    keystone: KeystoneServer, memcached: MemcachedServer, tmp_path: Path, protection: dict[str, object]
) -> None:
    token = keystone.token("member-one")
    shared = {"memcached_servers": memcached.uri, **protection}
    with _service(keystone, tmp_path / "one", **shared) as one, _service(keystone, tmp_path / "two", **shared) as two:
        before = keystone.validations()
        assert one("PUT", "/v2/queues/of-one", token).status_code == 201
        assert (keystone.validations(), memcached.stored()) == (before + 1, 1)

        answer = two("GET", "/v2/queues", token)

        assert answer.status_code == 200
        assert keystone.validations() == before + 1


def test_without_memcached_each_process_asks(keystone: KeystoneServer, tmp_path: Path) -> None:
    token = keystone.token("member-one")
    with _service(keystone, tmp_path / "one") as one, _service(keystone, tmp_path / "two") as two:
        before = keystone.validations()

        assert [ask("GET", "/v2/queues", token).status_code for ask in (one, two)] == [200, 200]
        assert keystone.validations() == before + 2


def test_a_memcached_that_is_gone_costs_a_validation_and_no_answer(
    keystone: KeystoneServer, memcached: MemcachedServer, tmp_path: Path
) -> None:
    token = keystone.token("member-one")
    with _service(keystone, tmp_path / "one", memcached_servers=memcached.uri) as one:
        memcached.kill()
        before = keystone.validations()

        assert one("GET", "/v2/queues", token).status_code == 200
        assert keystone.validations() == before + 1
