"""Files that are wrong for a while, under a service that runs: what was accepted last goes on."""

import os
import signal
from pathlib import Path

import pytest

from tests.integration.process import run_to_end, running_server, wait_until, write_configuration
from tests.integration.sockets.processes import all_workers, new_workers, posted
from tests.integration.sockets.table import ENGINES

BROKEN = '"queues:get_all": [\n'


def settings(engine: str, folder: Path) -> dict[str, dict[str, object]]:
    policy = folder / "policy.yaml"
    policy.write_text('"queues:get_all": ""\n')
    return {"server": {"engine": engine, "workers": 2}, "oslo_policy": {"policy_file": policy}}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("wrong", ["a policy", "a policy file that is gone", "a store without a uri"])
def test_a_reload_of_something_wrong_is_refused_and_the_old_workers_stay(
    engine: str, wrong: str, tmp_path: Path
) -> None:
    chosen = settings(engine, tmp_path)
    with running_server(tmp_path, chosen) as server:
        old = all_workers(server)
        if wrong == "a policy":
            (tmp_path / "policy.yaml").write_text(BROKEN)
        elif wrong == "a policy file that is gone":
            (tmp_path / "policy.yaml").unlink()
        else:
            stores = {"message_store": "mongodb", "management_store": "mongodb"}
            write_configuration(tmp_path / "zaqar.conf", chosen | {"drivers": stores})

        server.signal(signal.SIGHUP)

        wait_until(lambda: "The configuration is not reloaded" in server.log, what="a word about it")
        assert posted(server) == "201"
        assert server.worker_pids() == old


@pytest.mark.parametrize("engine", ENGINES)
def test_a_worker_is_replaced_while_the_files_are_wrong(engine: str, tmp_path: Path) -> None:
    with running_server(tmp_path, settings(engine, tmp_path)) as server:
        killed, _ = all_workers(server)
        (tmp_path / "policy.yaml").write_text(BROKEN)
        (tmp_path / "zaqar.conf").write_text("[server]\nthreads = many\n")

        os.kill(killed, signal.SIGKILL)

        wait_until(lambda: killed not in (pids := server.worker_pids()) and len(pids) == 2, what="a new worker")
        wait_until(lambda: posted(server) == "201", what="an answer")
        assert server.process.poll() is None


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reload_of_what_was_mended_is_done(engine: str, tmp_path: Path) -> None:
    with running_server(tmp_path, settings(engine, tmp_path)) as server:
        old = all_workers(server)
        (tmp_path / "policy.yaml").write_text(BROKEN)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "The configuration is not reloaded" in server.log, what="a word about it")

        (tmp_path / "policy.yaml").write_text('"messages:create": "!"\n')
        server.signal(signal.SIGHUP)

        wait_until(lambda: new_workers(server, old), what="new workers")
        assert posted(server) == "403"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_policy_that_is_wrong_at_the_start_is_all_that_is_said(engine: str, tmp_path: Path) -> None:
    chosen = settings(engine, tmp_path)
    (tmp_path / "policy.yaml").write_text(BROKEN)

    ended = run_to_end(tmp_path, chosen)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("zaqar-server: The policy file")
    assert len(ended.stderr.splitlines()) == 1
