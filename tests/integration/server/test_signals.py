"""What zaqar-server does when it is told to: report, reload, go into the background."""

import contextlib
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.integration.process import free_port, run_to_end, running_server, wait_until, write_configuration
from tests.integration.sockets.table import ENGINES
from tests.integration.sockets.wire import BODY, Client, post

WSGI = "drivers:transport:wsgi"


@pytest.mark.parametrize("engine", ENGINES)
def test_sigusr2_reports_versions_threads_and_configuration_without_secrets(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine}, "signed_url": {"secret_key": "not-for-the-log"}}

    with running_server(tmp_path, settings) as server:
        server.signal(signal.SIGUSR2)
        wait_until(lambda: "signed_url.secret_key" in server.log, what="the report")
        wait_until(server.answers, what="an answer after the report")

    assert "falcon " in server.log
    assert "most recent call first" in server.log
    assert "not-for-the-log" not in server.log


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reload_reads_the_configuration_again(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine, "workers": 1}}

    with running_server(tmp_path, settings) as server:
        configuration = {
            **settings,
            WSGI: {"port": server.port},
            "transport": {"max_messages_post_size": len(BODY) - 1},
        }
        write_configuration(tmp_path / "zaqar.conf", configuration)
        server.signal(signal.SIGHUP)

        def refused() -> bool:
            with Client(server.connect()) as client:
                return client.send(post()).outcome() == "400"

        wait_until(refused, what="the new limit")


@pytest.mark.parametrize("engine", ENGINES)
def test_the_workers_of_a_killed_parent_end_and_leave_the_port_to_the_next_start(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine, "workers": 2, "graceful_timeout": 1}}

    with running_server(tmp_path, settings) as killed, Client(killed.connect()) as idle:
        idle.send(post()).outcome()
        wait_until(lambda: len(killed.worker_pids()) == 2, what="both workers")
        workers = killed.worker_pids()
        killed.signal(signal.SIGKILL)
        killed.process.wait(timeout=5)
        wait_until(lambda: not any(lives(pid) for pid in workers), seconds=10, what="the end of the workers")
        with running_server(tmp_path, settings, port=killed.port) as next_one, Client(next_one.connect()) as client:
            outcome = client.send(post()).outcome()

    assert outcome == "201"


def lives(pid: int) -> bool:
    """Tell whether the process still runs; what is dead and not yet waited for has no command line."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


def family(log_file: Path) -> list[int]:
    """Return the ids of the processes of the daemon that writes this log, its parent first."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, ProcessLookupError, PermissionError):
            if str(log_file).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return sorted(found)


def posted(port: int) -> str:
    """Return the outcome of a post, nothing while nobody listens."""
    try:
        with Client(socket.create_connection(("127.0.0.1", port), timeout=5)) as client:
            return client.send(post()).outcome()
    except ConnectionError:
        return ""


@pytest.mark.parametrize("engine", ENGINES)
def test_daemon_detaches_serves_and_stops(engine: str, tmp_path: Path) -> None:
    port, log_file = free_port(), tmp_path / "daemon.log"

    ended = run_to_end(
        tmp_path, {"server": {"engine": engine}}, ["--daemon", "--port", str(port), "--log-file", str(log_file)]
    )
    try:
        wait_until(lambda: log_file.exists() and f":{port};" in log_file.read_text(), what="the start line in the log")
        outcome = wait_until(lambda: posted(port), what="an answer")
    finally:
        for parent in family(log_file)[:1]:
            os.kill(parent, signal.SIGTERM)
        wait_until(lambda: not family(log_file), what="the end of the daemon")

    assert (ended.returncode, ended.stderr, outcome) == (0, "", "201")
