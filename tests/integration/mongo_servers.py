"""Start servers that speak MongoDB's wire protocol: ``mongod`` from PATH, or else an emulator; and a strict one beside.

The emulator is made of libraries from Maven Central, fetched once into a cache folder; ``mongo_emulator`` is all that is
ours of it. It knows no sessions, replica sets or query plans, takes arguments of any type, and deletes nothing when its
time is over. The strict one has sessions and retryable writes, refuses what MongoDB documents as refused, and is too slow
for anything but one of each.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pymongo
from pymongo.errors import PyMongoError

from tests.integration.process import free_port
from tests.integration.store_server import HOST, StoreServer
from tests.needs import require

VARIABLE = "ZAQAR_TEST_MONGODB_URI"
"""Names a server of one's own for the conformance suite, which makes databases there and drops them."""

SECONDS_TO_FETCH = 300.0
_SOURCES = Path(__file__).parent / "mongo_emulator"


class MongoServer(StoreServer):
    """A MongoDB, or what stands in for it."""

    seconds_to_start = 60.0

    @property
    def uri(self) -> str:
        """Return the address as the driver takes it."""
        return f"mongodb://{HOST}:{self.port}"

    def client(self) -> pymongo.MongoClient:
        """Return a plain client, which is the caller's to close."""
        return pymongo.MongoClient(self.uri, serverSelectionTimeoutMS=1000)

    def _answers(self) -> bool:
        with contextlib.closing(self.client()) as client:
            try:
                return bool(client.admin.command("ping"))
            except PyMongoError:
                return False


class StrictServer(MongoServer):
    """SecantusDB, the other stand-in: a replica set of one, which refuses arguments of a wrong type. Slow."""

    seconds_to_stop = 5.0

    @property
    def uri(self) -> str:
        """Return the address as the driver takes it; the set names itself by another port than it listens on."""
        return f"mongodb://{HOST}:{self.port}/?directConnection=true"


@contextlib.contextmanager
def strict_server() -> Iterator[StrictServer]:
    """Run one until the block ends; it is installed with the extra ``test``."""
    require("SecantusDB", None if _strict_program() else "secantusd-py is not installed beside this Python")
    with tempfile.TemporaryDirectory(prefix="zaqar-secantus-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        words = [str(_strict_program()), "--port", str(port), "--storage-path", str(folder / "data")]
        server = StrictServer(words, folder, port)
        try:
            server.wait()
            yield server
        finally:
            server.close()


def _strict_program() -> str | None:
    return shutil.which("secantusd-py", path=str(Path(sys.executable).parent))


@contextlib.contextmanager
def mongo_server(*, is_durable: bool = False) -> Iterator[MongoServer]:
    """Run one server until the block ends; a durable one keeps its data over ``stop`` and ``start``."""
    require("MongoDB", missing_mongo())
    with tempfile.TemporaryDirectory(prefix="zaqar-mongo-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        server = MongoServer(_words(folder, port, is_durable=is_durable), folder, port)
        try:
            server.wait()
            yield server
        finally:
            server.close()


@contextlib.contextmanager
def named_or_own_mongo() -> Iterator[str]:
    """Yield the URI of the server that ``VARIABLE`` names, or of one that runs until the block ends."""
    if named := os.environ.get(VARIABLE):
        yield named
        return
    with mongo_server() as server:
        yield server.uri


def missing_mongo() -> str | None:
    """Return why no server can be started here, or nothing."""
    if os.environ.get(VARIABLE) or shutil.which("mongod"):
        return None
    missing = [tool for tool in ("java", "javac", "mvn") if not shutil.which(tool)]
    if missing:
        return f"mongod is not on PATH, nor is what its emulator needs: {', '.join(missing)}"
    return _emulator_failure()


def is_emulator() -> bool:
    """Tell whether servers started here are the emulator."""
    return shutil.which("mongod") is None


def _words(folder: Path, port: int, *, is_durable: bool) -> list[str]:
    if not is_emulator():
        data = folder / "data"
        data.mkdir()
        return ["mongod", "--bind_ip", HOST, "--port", str(port), "--dbpath", str(data), "--nounixsocket"]
    path = f"{_emulator()}:{_emulator()}/lib/*"
    words = ["java", "-XX:+UseSerialGC", "-Xmx1g", "-cp", path, "Serve", str(port)]
    return [*words, str(folder / "data.h2")] if is_durable else words


@functools.cache
def _emulator_failure() -> str | None:
    try:
        _emulator()
    except subprocess.SubprocessError as error:
        return f"the emulator of MongoDB cannot be made: {error}"
    return None


@functools.cache
def _emulator() -> Path:
    """Return the folder with the emulator, fetched and compiled once for each state of its sources."""
    sources = sorted(_SOURCES.iterdir())
    state = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "zaqar-tests" / f"mongo-emulator-{state}"
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "ready"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            for source in sources:
                shutil.copy(source, folder)
            _build(folder, "mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib")
            _build(folder, "javac", "-cp", "lib/*", "Serve.java")
            ready.touch()
    return folder


def _build(folder: Path, *words: str) -> None:
    subprocess.run(words, cwd=folder, check=True, capture_output=True, timeout=SECONDS_TO_FETCH)
