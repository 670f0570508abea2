"""What is said of a configuration: everything at once, at a start, at a reload, and when somebody only asks."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest

from tests.integration.process import free_port, run_to_end, running_server, wait_until, write_configuration
from tests.integration.sockets.processes import all_workers, posted
from tests.integration.sockets.table import ENGINES

EXISTING = Path(__file__).with_name("existing_deployment.conf")
REFUSED = (
    "[server] threads in",
    "[drivers:transport:wsgi] port in",
    "[transport] max_message_ttl in",
    "[keystone_authtoken] auth_type = password needs auth_url, too",
    "[trustee] auth_type = password needs auth_url, too",
    "[DEFAULT] pooling = true is not built yet",
    "[drivers] transport = websocket is not built yet",
    "[drivers] message_store = swift is not built yet",
    "[storage] queue_pipeline names audit",
    "[storage] message_pipeline names audit",
    "[notification] smtp_mode is self_local, but smtp_host is not set",
    "[notification] smtp_user_password is set without smtp_user_name",
    "[DEFAULT] log_dir = /nonexistent/log/zaqar cannot be used",
    "The database of the mongodb store must have a name",
    "The policy file /nonexistent/policy.yaml does not exist",
    "TLS cannot be set up: [server] tls_certificate /nonexistent/zaqar.pem cannot be read",
    "TLS cannot be set up: [server] tls_client_ca /nonexistent/ca.pem cannot be read",
    "Cannot listen on 192.0.2.11 port 0",
)
UNKNOWN = {
    "[DEFAULT] verbose": "",
    "[DEFAULT] workers": "did you mean [server] workers?",
    "[drivers:transport:websocket] external-port": "did you mean external_port?",
    "[server] worker": "did you mean workers?",
    "The section [servers]": "did you mean [server]?",
}
IDLE = ("[DEFAULT] admin_mode", "[profiler] hmac_keys", "[cache] enabled")


def _run(folder: Path, *words: str, module: str = "zaqar.cmd.server") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=folder,
        # stevedore, a library, remembers in the cache which entry points there are.
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": f"{folder}-cache"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _each_begins(lines: Sequence[str], prefix: str) -> None:
    beginnings = [prefix + start for start in REFUSED]
    assert len(lines) == len(beginnings), lines
    for start in beginnings:
        assert [line for line in lines if line.startswith(start)], start


def test_one_start_tells_everything_that_is_refused_in_the_file_of_an_existing_deployment(tmp_path: Path) -> None:
    ended = _run(tmp_path, "--config-file", str(EXISTING))

    assert (ended.returncode, ended.stdout) == (1, "")
    _each_begins(ended.stderr.splitlines(), "zaqar-server: ")
    assert "s3cr3t" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_check_tells_what_is_refused_unknown_and_of_no_use_and_makes_nothing(tmp_path: Path) -> None:
    ended = _run(tmp_path, "--config-file", str(EXISTING), "--check-config")

    lines = ended.stdout.splitlines()
    assert ended.returncode == 1
    _each_begins([line for line in lines if line.startswith("refused: ")], "refused: ")
    for name, hint in UNKNOWN.items():
        (line,) = [line for line in lines if line.startswith(f"warning: {name} ")]
        assert hint in line
    (idle,) = [line for line in lines if "have no use in this service" in line]
    assert [name for name in IDLE if name not in idle] == []
    assert lines[-1] == f"The service would not start with this configuration; refused: {len(REFUSED)}."
    assert "s3cr3t" not in ended.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_check_of_what_is_right_ends_with_0_and_makes_nothing(tmp_path: Path) -> None:
    right = tmp_path / "zaqar.conf"
    data, log = tmp_path / "data", tmp_path / "zaqar.log"
    right.write_text(f"[DEFAULT]\nstate_path = {data}\nlog_file = {log}\n[server]\nworker = 4\n")

    ended = _run(tmp_path, "--config-file", str(right), "--check-conf", "--port", str(free_port()))

    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines() == [
        f"warning: [server] worker in {right} is unknown and has no effect: did you mean workers?",
        "The service would be started with this configuration.",
    ]
    assert list(tmp_path.iterdir()) == [right]


@pytest.mark.parametrize("place", ["a port", "a socket"])
def test_a_check_beside_the_running_service_is_not_about_its_own_place(place: str, tmp_path: Path) -> None:
    settings = {} if place == "a port" else {"server": {"unix_socket": tmp_path / "socket"}}
    with running_server(tmp_path, settings) as server:
        ended = run_to_end(tmp_path, arguments=["--check-config", *_place(server.port, settings)])

        assert ended.returncode == 0, ended.stdout
        assert server.answers()


def _place(port: int, settings: object) -> list[str]:
    return ["--unix-socket", "socket"] if settings else ["--port", str(port)]


def test_a_check_of_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    ended = _run(tmp_path, "--config-file", "absent.conf", "--check-config")

    assert ended.returncode == 1
    assert ended.stdout.startswith("refused: Configuration file not found: absent.conf.\n")


@pytest.mark.parametrize("program", ["server", "gc", "db_manage"])
def test_every_program_says_its_version(program: str, tmp_path: Path) -> None:
    ended = _run(tmp_path, "--version", module=f"zaqar.cmd.{program}")

    assert ended.returncode == 0
    assert ended.stdout.endswith(f" {metadata.version('zaqar-rebuilt')}\n")


@pytest.mark.parametrize("program", ["server", "gc", "db_manage"])
def test_every_program_tells_all_at_once_and_what_is_unknown(program: str, tmp_path: Path) -> None:
    wrong, strange = tmp_path / "wrong.conf", tmp_path / "strange.conf"
    wrong.write_text(
        "[server]\nthreads = many\n[drivers:message_store:sqlalchemy]\nuri = nonsense\nsynchronous = OFF\n"
    )
    strange.write_text(f"[DEFAULT]\nstate_pth = {tmp_path}\n[server]\nthreads = many\n")
    command = ["current"] if program == "db_manage" else []

    ended = _run(tmp_path, "--config-file", str(wrong), *command, module=f"zaqar.cmd.{program}")

    assert ended.returncode == 1
    told = ended.stderr.splitlines()
    assert len(told) == 3
    assert [word for word in ("threads", "synchronous", "not a database URL") if word not in ended.stderr] == []


@pytest.mark.parametrize(("program", "command"), [("gc", []), ("db_manage", ["history"])])
def test_the_other_programs_warn_of_what_is_unknown(program: str, command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "zaqar.conf"
    path.write_text("[DEFAULT]\nstate_pth = /data\n")

    ended = _run(tmp_path, "--config-file", str(path), *command, module=f"zaqar.cmd.{program}")

    assert ended.returncode == 0, ended.stderr
    assert "did you mean state_path?" in ended.stderr


def test_a_hosted_application_tells_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "zaqar.conf"
    path.write_text("[DEFAULT]\npooling = true\n[server]\nthreads = many\n[storage]\nqueue_pipeline = audit\n")

    ended = subprocess.run(
        [sys.executable, "-c", "import zaqar.transport.wsgi.app"],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "ZAQAR_CONFIG_FILE": str(path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    last = ended.stderr.splitlines()[-1]
    assert [word for word in ("pooling", "threads", "queue_pipeline") if word not in last] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reload_tells_all_that_is_wrong_and_then_what_is_unknown(engine: str, tmp_path: Path) -> None:
    right = {
        "server": {"engine": engine, "workers": 2},
        "DEFAULT": {"rate_limit_interval": 1, "rate_limit_burst": 9999},
    }
    wrong = {
        "server": {"engine": engine, "threads": "many"},
        "DEFAULT": {"pooling": "true", "log_file": "/nonexistent/x"},
    }
    with running_server(tmp_path, right) as server:
        write_configuration(tmp_path / "zaqar.conf", wrong)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "The configuration is not reloaded" in server.log, what="a word about it")
        (line,) = [line for line in server.log.splitlines() if "The configuration is not reloaded" in line]
        assert [word for word in ("threads", "pooling", "log_file") if word not in line] == []

        write_configuration(tmp_path / "zaqar.conf", right | {"server": {"engine": engine, "workers": 2, "worker": 2}})
        old = all_workers(server)
        server.signal(signal.SIGHUP)
        wait_until(lambda: "did you mean workers?" in server.log, what="the warning")
        wait_until(lambda: not set(old) & set(server.worker_pids()), what="new workers")
        assert posted(server) == "201"


def test_a_log_that_moves_where_the_reload_fails_stays(tmp_path: Path) -> None:
    broken = tmp_path / "logging.conf"
    broken.write_text(
        "[loggers]\nkeys = root\n[handlers]\nkeys = one\n[formatters]\nkeys =\n"
        "[logger_root]\nhandlers = one\n[handler_one]\nclass = nonsense.Handler\n"
    )
    with running_server(tmp_path) as server:
        write_configuration(tmp_path / "zaqar.conf", {"DEFAULT": {"log_config_append": broken}})
        server.signal(signal.SIGHUP)

        wait_until(lambda: "The configuration is not reloaded" in server.log, what="a word about it, in the old log")
