"""More connections than the process may open files."""

import contextlib
from pathlib import Path

import pytest

from tests.integration.process import running_server, server_command, wait_until
from tests.integration.sockets.table import CLIENT_TIMEOUT, ENGINES
from tests.integration.sockets.wire import Client, post, said

LIMIT = 200


@pytest.mark.parametrize("engine", ENGINES)
def test_more_connections_than_open_files_end_no_worker_and_others_are_answered(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine, "workers": 1, "threads": 2, "client_timeout": CLIENT_TIMEOUT}}
    limited = ["sh", "-c", f'ulimit -n {LIMIT}; exec "$0" "$@"', *server_command(), "--config-file", "{configuration}"]
    with running_server(tmp_path, settings, command=limited) as server, contextlib.ExitStack() as clients:
        workers = server.worker_pids()
        for _ in range(2 * LIMIT):
            clients.enter_context(Client(server.connect()))

        wait_until(lambda: said(server, post()) == "201", what="an answer beside idle connections")

        assert server.worker_pids() == workers, server.log


def test_the_limit_of_open_files_is_raised_to_the_hard_one(tmp_path: Path) -> None:
    lowered = ["sh", "-c", 'ulimit -Sn 128; exec "$0" "$@"', *server_command(), "--config-file", "{configuration}"]
    with running_server(tmp_path, {"server": {"workers": 1}}, command=lowered) as server:
        (worker,) = server.worker_pids()
        limits = Path(f"/proc/{worker}/limits").read_text().partition("Max open files")[2].split()

        assert limits[0] == limits[1] != "128"
