"""The application under a server of the operator's choice, started by that server's own command."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.rest import Service

SAMPLE = Path(__file__).parents[3] / "etc" / "gunicorn.conf.py"
GUNICORN = ("gunicorn", "--config", str(SAMPLE), "--bind", "127.0.0.1:{port}", "zaqar.transport.wsgi.app:app")
GRANIAN = (
    "granian",
    "--host",
    "127.0.0.1",
    "--port",
    "{port}",
    "--workers",
    "2",
    "zaqar.transport.wsgi.app:application",
)
COMMANDS = {
    "gunicorn": GUNICORN,
    "gunicorn that forks when it has loaded the application": (*GUNICORN, "--preload"),
    "granian": (*GRANIAN, "--interface", "wsgi", "--respawn-failed-workers"),
}


@pytest.fixture(params=COMMANDS)
def hosted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path, command=[sys.executable, "-m", *COMMANDS[request.param]]) as server:
        yield server


@pytest.fixture
def service(hosted: RunningServer) -> Iterator[Service]:
    with contextlib.closing(Service(hosted.url)) as service:
        yield service


def test_a_conversation_from_the_queue_to_the_last_message(service):
    assert service.call("PUT", "/v2/queues/q", {"_default_message_ttl": 600}) == (201, None)
    one, two, three = service.post("q", [1, 2, 3])
    status, claim = service.call("POST", "/v2/queues/q/claims?limit=1", {"ttl": 60, "grace": 60})
    assert (status, [message["id"] for message in claim["messages"]]) == (201, [one])
    assert service.call("DELETE", claim["messages"][0]["href"]) == (204, None)
    assert [(message["id"], message["ttl"]) for message in service.every_message("q")] == [(two, 600), (three, 600)]
    assert service.call("DELETE", f"/v2/queues/q/messages/{two}") == (204, None)
    status, popped = service.call("DELETE", "/v2/queues/q/messages?pop=1")
    assert (status, [message["body"] for message in popped["messages"]]) == (200, [3])
    assert service.call("GET", "/v2/ping") == (204, None)
    assert service.call("POST", "/v2/queues/q/messages", {"messages": 3})[0] == 400
    assert service.call("DELETE", "/v2/queues/q") == (204, None)


def test_what_was_acknowledged_outlives_the_death_of_every_worker(hosted, service):
    ids = service.post("q", ["kept"])
    service.close()
    old = hosted.worker_pids()

    for pid in old:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not set(old) & set(hosted.worker_pids()) and hosted.answers(), what="an answer from new workers")

    assert [message["id"] for message in service.every_message("q")] == ids
    # granian that has replaced workers takes longer to stop than anybody waits here.
    os.killpg(hosted.process.pid, signal.SIGKILL)


def test_what_delivers_is_loaded_before_a_process_can_be_forked(tmp_path):
    ask = (
        "import sys, zaqar.transport.wsgi.app; print(hasattr(sys.modules['zaqar.notification.notifier'], 'Notifier'), "
        "hasattr(sys.modules['zaqar.notification.webhook'], 'Sender'))"
    )

    asked = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert asked.stdout == "True True\n"
