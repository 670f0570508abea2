"""Servers of tests get ports that no other test, process or client gets meanwhile."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.integration.process import PORTS_OF_A_PROCESS, free_port


def test_processes_that_run_tests_side_by_side_choose_no_port_in_common():
    program = (
        f"from tests.integration.process import free_port; print(*(free_port() for _ in range({PORTS_OF_A_PROCESS})))"
    )
    ours = {free_port() for _ in range(PORTS_OF_A_PROCESS)}

    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert not ours & set(map(int, said.stdout.split()))


def test_a_port_on_which_somebody_listens_is_left_out():
    with socket.create_server(("127.0.0.1", free_port())) as taken:
        assert taken.getsockname()[1] not in {free_port() for _ in range(2 * PORTS_OF_A_PROCESS)}
