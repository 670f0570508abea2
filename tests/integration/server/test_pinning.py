"""Workers that are kept on CPUs of their own, those of the service respected."""

import os
import signal
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, running_server, wait_until
from tests.needs import require

WORKERS = 2


def places(server: RunningServer) -> list[tuple[int, ...]]:
    return sorted(tuple(sorted(os.sched_getaffinity(pid))) for pid in server.worker_pids())


def are_apart(server: RunningServer) -> bool:
    found = places(server)
    return len(found) == WORKERS and not set(found[0]) & set(found[1])


@pytest.fixture(params=["gunicorn", "granian"])
def server(request, tmp_path: Path):
    cpus = len(os.sched_getaffinity(0))
    require("Pinning", None if cpus >= WORKERS else "this machine lends one CPU only")
    settings = {"server": {"engine": request.param, "workers": WORKERS, "pin_workers": True}}
    with running_server(tmp_path, settings) as server:
        wait_until(lambda: are_apart(server), what="workers on CPUs of their own")
        yield server


def test_each_worker_has_cpus_of_its_own_and_together_they_have_all(server):
    assert sorted(cpu for place in places(server) for cpu in place) == sorted(os.sched_getaffinity(0))


def test_a_worker_that_replaces_a_dead_one_takes_its_place(server):
    before, dead = places(server), server.worker_pids()[0]
    os.kill(dead, signal.SIGKILL)

    wait_until(lambda: dead not in server.worker_pids() and are_apart(server), what="the replacement in its place")
    assert places(server) == before


def test_a_reload_leaves_every_worker_a_place_of_its_own(server):
    before = set(server.worker_pids())

    server.signal(signal.SIGHUP)

    wait_until(
        lambda: not before & set(server.worker_pids()) and are_apart(server), seconds=30, what="new workers apart"
    )


def test_without_the_option_workers_run_anywhere(tmp_path: Path) -> None:
    with running_server(tmp_path, {"server": {"workers": WORKERS}}) as server:
        assert {len(place) for place in places(server)} == {len(os.sched_getaffinity(0))}
