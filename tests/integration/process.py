"""Start a real server in a folder of its own, and wait for what it does."""

import contextlib
import dataclasses
import functools
import itertools
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

Settings = Mapping[str, Mapping[str, object]]
T = TypeVar("T")

PORTS = range(10_000, 20_000)
"""What servers of tests listen on; members of a Redis Cluster also 10000 above. Linux gives clients others, from 32768 on:
of those, one that is free now may be some client's when a server wants it, now or when it is started again."""

PORTS_OF_A_PROCESS = 200

NOTIFIER = b"zaqar.cmd.notifier"
"""What is in the command line of the process that delivers to subscribers."""


def wait_until(condition: Callable[[], T], *, seconds: float = 15.0, what: str = "the condition") -> T:
    """Return the first true value of the condition, or fail when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not come true within {seconds} s")


def free_port() -> int:
    """Return a TCP port that nobody listens on, and that no other process of these tests chooses."""
    return next(port for port in itertools.islice(_own_ports(), PORTS_OF_A_PROCESS) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of the past occupy no port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@functools.cache
def _own_ports() -> Iterator[int]:
    """Go round and round in a part of ``PORTS`` that belongs to this process for as long as it lives."""
    for first in PORTS[::PORTS_OF_A_PROCESS]:
        # A name in the kernel: it is as wide as the ports are, and goes with its process however that ends.
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0zaqar-tests-ports-{first}")
        except OSError:
            claim.close()
            continue
        claim.detach()  # open to the end
        return itertools.cycle(range(first, first + PORTS_OF_A_PROCESS))
    raise AssertionError(f"{len(PORTS[::PORTS_OF_A_PROCESS])} processes run these tests already")


@dataclasses.dataclass(frozen=True)
class RunningServer:
    """A server process, its address and what it wrote."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    address: str = "127.0.0.1"
    unix_socket: Path | None = None
    tls: ssl.SSLContext | None = None
    secrets: Sequence[str] = ()
    """Of its configuration: what must not be in its log."""

    @property
    def url(self) -> str:
        """Return the root of the API, without a slash at the end."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}"

    @property
    def log(self) -> str:
        """Return everything the server wrote to its output and error streams."""
        return (self.folder / "server.log").read_text(errors="replace")

    @property
    def _family(self) -> socket.AddressFamily:
        if self.unix_socket is not None:
            return socket.AF_UNIX
        return socket.AF_INET6 if ":" in self.address else socket.AF_INET

    def worker_pids(self) -> list[int]:
        """Return the ids of the processes that answer requests."""
        others = (b"resource_tracker", NOTIFIER)
        return [pid for pid in self._children() if not any(word in _command_line(pid) for word in others)]

    def notifier_pids(self) -> list[int]:
        """Return the id of the process that delivers to subscribers, once it is there."""
        return [pid for pid in self._children() if NOTIFIER in _command_line(pid)]

    def _children(self) -> list[int]:
        found = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/children"):  # each thread has its own
            with contextlib.suppress(OSError):
                found += path.read_text().split()
        return [int(child) for child in found]

    def connect(self, *, seconds: float = 10.0) -> socket.socket:
        """Open a connection to the server; each read on it waits at most that long."""
        connection = socket.socket(self._family)
        try:
            connection.settimeout(seconds)
            connection.connect(str(self.unix_socket) if self.unix_socket else (self.address, self.port))
            return self.tls.wrap_socket(connection) if self.tls else connection
        except OSError:
            connection.close()
            raise

    def has_taken(self, *connections: socket.socket) -> bool:
        """Tell whether the server has accepted these connections (over IPv4) and read all that was sent on them.

        One that it has closed since was taken, too.
        """
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        ends: dict[tuple[str, str] | None, list[str]] = {(local, remote): rest for _, local, remote, *rest in lines}
        return all(_is_taken(ends.get(_server_end(connection))) for connection in connections)

    def answers(self) -> bool:
        """Ask for the version document; return whether any HTTP answer came."""
        try:
            with self.connect(seconds=2) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return connection.recv(16).startswith(b"HTTP/1.1 ")
        except OSError:
            return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server's parent process."""
        self.process.send_signal(number)

    def stop(self, *, seconds: float = 20.0) -> int:
        """Ask the server to end, wait for it, and return its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=seconds)


@contextlib.contextmanager
def running_server(
    folder: Path,
    settings: Settings | None = None,
    *,
    arguments: Sequence[str] = (),
    command: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    address: str | None = None,
    port: int | None = None,
    identity: tuple[Path, Path] | None = None,
) -> Iterator[RunningServer]:
    """Serve from ``folder`` until the block ends; the data of a stopped server is found again by the next one there.

    ``settings`` are the groups and options of the configuration file. ``command`` replaces ``zaqar-server``; in its words
    ``{port}`` and ``{configuration}`` stand for the values of this server. ``address`` is where to find it, if not where
    the settings bind it; ``identity`` a certificate and key to show to it.
    """
    server = start_server(folder, settings, arguments, command=command, environment=environment, port=port)
    if address is not None:
        server = dataclasses.replace(server, address=address)
    if identity is not None and server.tls is not None:
        server.tls.load_cert_chain(*identity)
    try:
        _wait_for_answer(server)
        yield server
    finally:
        end(server)


def start_server(
    folder: Path,
    settings: Settings | None = None,
    arguments: Sequence[str] = (),
    *,
    command: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
) -> RunningServer:
    """Start the server without waiting for an answer; the caller ends it with ``end``."""
    port = port or free_port()
    settings = {group: dict(options) for group, options in (settings or {}).items()}
    settings.setdefault("drivers:transport:wsgi", {"bind": "127.0.0.1"})["port"] = port
    configuration = write_configuration(folder / "zaqar.conf", settings)
    words = command if command is not None else [*server_command(), "--config-file", "{configuration}"]
    line = [word.replace("{port}", str(port)).replace("{configuration}", str(configuration)) for word in words]
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*line, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(folder, configuration) | dict(environment or {}),
            start_new_session=True,
        )
    options = settings.get("server", {})
    return RunningServer(
        process=process,
        folder=folder,
        port=port,
        address=str(settings["drivers:transport:wsgi"].get("bind", "127.0.0.1")),
        unix_socket=Path(str(options["unix_socket"])) if "unix_socket" in options else None,
        tls=_unverified() if "tls_certificate" in options else None,
        secrets=_secrets(settings),
    )


def run_to_end(
    folder: Path, settings: Settings | None = None, arguments: Sequence[str] = (), *, seconds: float = 20.0
) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected to end by itself, and return its exit status and what it said."""
    configuration = write_configuration(folder / "zaqar.conf", settings or {})
    return subprocess.run(
        [*server_command(), "--config-file", str(configuration), *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=_environment(folder, configuration),
    )


def end(server: RunningServer) -> None:
    """End the server and everything it started, politely first."""
    if server.process.poll() is None:
        server.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=10)
    # The server leads a session of its own: whatever it left behind is in its process group.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(timeout=10)
    told = [secret for secret in server.secrets if secret in server.log]
    assert not told, f"the log of the server tells secrets: {told}"


def server_command() -> list[str]:
    """Return the installed ``zaqar-server`` of this interpreter, or the module where nothing is installed."""
    found = shutil.which("zaqar-server", path=str(Path(sys.executable).parent))
    return [found] if found else [sys.executable, "-m", "zaqar.cmd.server"]


def write_configuration(path: Path, settings: Settings) -> Path:
    """Write the settings as an oslo.config file."""
    lines = []
    for group, options in settings.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in options.items()), ""]
    path.write_text("\n".join(lines))
    return path


def _secrets(settings: Settings) -> list[str]:
    """Return the passwords and keys in a configuration, as they are and as they are written."""
    found = []
    for name, value in ((name, str(value)) for options in settings.values() for name, value in options.items()):
        if name.endswith(("password", "secret_key", "hmac_keys")):
            found += [value, value.replace("$$", "$")]
        elif "://" in value and (secret := urllib.parse.urlsplit(value).password):
            found += [secret, urllib.parse.unquote(secret)]
    return [secret for secret in found if secret]


def _wait_for_answer(server: RunningServer) -> None:
    wait_until(lambda: server.answers() or server.process.poll() is not None, what=f"an answer from {server.url}")
    if server.process.poll() is not None:
        raise AssertionError(f"the server ended with status {server.process.returncode}:\n{server.log}")


def _environment(folder: Path, configuration: Path) -> dict[str, str]:
    own = {
        "HOME": str(folder),
        "XDG_STATE_HOME": str(folder / "state"),
        "ZAQAR_CONFIG_FILE": str(configuration),
        "PYTHONUNBUFFERED": "1",
    }
    return {**os.environ, **own}


def _server_end(connection: socket.socket) -> tuple[str, str] | None:
    """Return the two addresses of the other end of a connection as /proc writes them, or None once it was reset."""
    try:
        return _in_hex(connection.getpeername()), _in_hex(connection.getsockname())
    except OSError:
        return None


def _is_taken(fields: list[str] | None) -> bool:
    """Tell by its fields in /proc, from its state on, whether a process took this end of a connection and read it all."""
    established = "01"
    if fields is None or fields[0] not in (established, "03"):  # 03: the handshake is not over
        return True
    unread, inode = fields[1].partition(":")[2], fields[6]
    return fields[0] == established and int(unread, 16) == 0 and inode != "0"  # without one it waits in the kernel


def _in_hex(end: tuple[str, int]) -> str:
    """Return an end of a connection as /proc writes it."""
    return f"{int.from_bytes(socket.inet_aton(end[0]), sys.byteorder):08X}:{end[1]:04X}"


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
