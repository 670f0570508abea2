"""The proxies of etc/ in front of the service, with both engines: the files as they stand, places and ports excepted."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, free_port, running_server, wait_until
from tests.integration.rest import Service
from tests.needs import require

ETC = Path(__file__).parents[2] / "etc"
NGINX = """
daemon off;
{user}
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/zaqar.conf;
}}
"""


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def server(request) -> Iterator[RunningServer]:
    # The socket's path has to be short.
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(
            Path(folder),
            {"server": {"engine": request.param, "workers": 2, "threads": 4, "unix_socket": f"{folder}/zaqar.sock"}},
        ) as server,
    ):
        yield server


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def proxy(request, server, tmp_path_factory) -> Iterator[int]:
    """Return the port of a proxy in front of the service."""
    folder = tmp_path_factory.mktemp(request.param)
    program = shutil.which(request.param, path=f"{os.environ['PATH']}:/usr/sbin")
    require(request.param, None if program else "it is not installed")
    port = free_port()
    command = {"nginx": nginx, "haproxy": haproxy}[request.param](str(program), server, port, folder)
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(port), what="an answer through the proxy")
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def project() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def service(proxy, project) -> Iterator[Service]:
    """Return the service as a project sees it that no other test uses."""
    with contextlib.closing(Service(f"http://127.0.0.1:{proxy}", project)) as service:
        yield service


def nginx(program: str, server: RunningServer, port: int, folder: Path) -> list[str]:
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, user=user))
    (folder / "zaqar.conf").write_text(adapted("nginx.conf.sample", server, "listen 8888", f"listen 127.0.0.1:{port}"))
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def haproxy(program: str, server: RunningServer, port: int, folder: Path) -> list[str]:
    (folder / "haproxy.cfg").write_text(adapted("haproxy.cfg.sample", server, "bind :8888", f"bind 127.0.0.1:{port}"))
    return [program, "-db", "-f", str(folder / "haproxy.cfg")]


def adapted(sample: str, server: RunningServer, place: str, ours: str) -> str:
    text = (ETC / sample).read_text()
    assert place in text
    return text.replace(place, ours).replace("/run/zaqar/zaqar.sock", str(server.unix_socket))


def answers(port: int) -> bool:
    with contextlib.closing(Service(f"http://127.0.0.1:{port}")) as service, contextlib.suppress(OSError):
        return service.call("GET", "/v2/ping")[0] == 204
    return False


def test_messages_pass(service):
    ids = service.post("jobs", list(range(5)))

    assert [message["id"] for message in service.every_message("jobs")] == ids


def test_a_page_of_ids_passes(service):
    ids = service.post("jobs", list(range(20)))

    status, _ = service.call("DELETE", f"/v2/queues/jobs/messages?ids={','.join(ids)}")

    assert status == 204
    assert service.stats("jobs")["total"] == 0


def test_a_body_over_the_limit_is_refused_by_the_service_with_its_own_words(service):
    status, answer = service.call("POST", "/v2/queues/jobs/messages", {"messages": [{"body": "x" * 300_000}]})

    assert status == 400
    assert "262144" in json.dumps(answer)


def test_a_header_with_an_underscore_does_not_name_the_tenant(service, project):
    service.post("jobs", ["mine"])
    client = service.headers["Client-ID"]
    service.headers = {"Client-ID": client, "X_Project_ID": project, "X-Project-ID": f"other-{project}"}

    assert service.every_message("jobs") == []


def test_clients_that_stall_in_their_bodies_keep_nobody_waiting(proxy, service):
    head = (
        b"POST /v2/queues/jobs/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Client-ID: 3381af92-2b9e-11e3-b191-71861300734c\r\nX-Project-ID: demo\r\nContent-Length: 1000\r\n\r\n{"
    )
    with contextlib.ExitStack() as stalled:
        for _ in range(32):  # four times as many as there are threads
            stalled.enter_context(socket.create_connection(("127.0.0.1", proxy))).sendall(head)
        assert service.post("jobs", ["through"])


def test_a_proxy_notices_no_reload(server, service):
    before = server.worker_pids()
    server.signal(signal.SIGHUP)

    def posts_until_replaced() -> bool:
        service.post("jobs", ["during"])
        return not set(server.worker_pids()) & set(before)

    wait_until(posts_until_replaced, seconds=30, what="new workers")
    service.post("jobs", ["after"])
