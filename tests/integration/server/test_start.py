"""What zaqar-server says when it starts, and what it refuses."""

import socket
from pathlib import Path

import pytest

from tests.integration.process import Settings, free_port, run_to_end, running_server
from tests.integration.sockets.table import ENGINES
from tests.integration.sockets.wire import Client, head

WSGI = "drivers:transport:wsgi"


@pytest.mark.parametrize("engine", ENGINES)
def test_one_line_says_where_it_serves_with_what_from_which_data_and_that_nobody_is_authenticated(
    engine: str, tmp_path: Path
) -> None:
    settings = {"server": {"engine": engine, "workers": 2, "threads": 3}, "DEFAULT": {"state_path": tmp_path / "data"}}

    with running_server(tmp_path, settings) as server:
        first = server.log.splitlines()[0]

    assert f"at {server.url};" in first
    assert f"{engine}, 2 workers x 3 threads" in first
    assert str(tmp_path / "data" / "zaqar.db") in first
    assert "authentication off!" in first


def test_the_command_line_wins_over_the_file(tmp_path: Path) -> None:
    port = str(free_port())
    settings = {"server": {"engine": "gunicorn", "workers": 3}, WSGI: {"bind": "127.0.0.2"}}
    flags = ["--engine", "granian", "--workers", "1", "--bind", "127.0.0.1", "--port", port]

    with running_server(tmp_path, settings, arguments=flags, port=int(port), address="127.0.0.1") as server:
        first = server.log.splitlines()[0]

    assert f"http://127.0.0.1:{port};" in first
    assert "granian, 1 workers" in first


def test_a_public_address_without_authentication_is_refused(tmp_path: Path) -> None:
    ended = run_to_end(tmp_path, {WSGI: {"bind": "0.0.0.0"}})

    assert ended.returncode == 1
    assert "allow_unauthenticated" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_public_address_without_authentication_is_served_when_told_to(tmp_path: Path) -> None:
    settings = {WSGI: {"bind": "0.0.0.0"}, "server": {"allow_unauthenticated": "true"}}

    with running_server(tmp_path, settings, address="127.0.0.1") as server:
        assert server.answers()


def test_granian_on_a_public_address_warns_of_stalled_bodies(tmp_path: Path) -> None:
    settings = {WSGI: {"bind": "0.0.0.0"}, "server": {"allow_unauthenticated": "true", "engine": "granian"}}

    with running_server(tmp_path, settings, address="127.0.0.1") as server:
        assert "put a proxy in front" in server.log


BAD = {
    "an engine that is none": ({"server": {"engine": "steam"}}, "steam"),
    "a number that is none": ({"server": {"threads": "many"}}, "threads"),
    "a store that is not built": ({"drivers": {"message_store": "swift"}}, "swift"),
    "authentication that there is not": ({"DEFAULT": {"auth_strategy": "basic"}}, "keystone and noauth"),
    "Keystone without a user of the service": ({"DEFAULT": {"auth_strategy": "keystone"}}, "auth_type"),
    "a certificate that is not there": ({"server": {"tls_certificate": "/nowhere.pem"}}, "/nowhere.pem"),
    "a key without a certificate": ({"server": {"tls_key": "/nowhere.pem"}}, "tls_certificate"),
    "a socket in a folder that is not there": ({"server": {"unix_socket": "/nowhere/zaqar.sock"}}, "/nowhere"),
    "a socket whose path is too long": ({"server": {"unix_socket": "/" + 107 * "x"}}, "longer than 107 bytes"),
    "a socket mode that is none": ({"server": {"unix_socket_mode": "rw-rw----"}}, "three octal digits"),
    "data in a place that cannot be": ({"DEFAULT": {"state_path": "/proc/nowhere"}}, "/proc/nowhere"),
    "an address of another machine": (
        {WSGI: {"bind": "192.0.2.1"}, "server": {"allow_unauthenticated": "true"}},
        "Cannot listen on 192.0.2.1",
    ),
}


@pytest.mark.parametrize(("settings", "word"), BAD.values(), ids=BAD)
def test_a_start_that_fails_ends_with_one_sentence_and_status_1(settings: Settings, word: str, tmp_path: Path) -> None:
    ended = run_to_end(tmp_path, settings)

    assert ended.returncode == 1
    assert ended.stdout == ""
    (sentence,) = ended.stderr.splitlines()
    assert sentence.startswith("zaqar-server: ")
    assert word in sentence


def test_a_configuration_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ended = run_to_end(tmp_path, arguments=["--config-file", str(tmp_path / "absent.conf")])

    assert ended.returncode == 1
    assert "absent.conf" in ended.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_port_that_is_taken_is_an_error(engine: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = run_to_end(tmp_path, {"server": {"engine": engine}}, ["--port", port])

    assert ended.returncode == 1
    assert f"port {port}: Address already in use" in ended.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_a_request_makes_one_line_in_the_log_and_none_when_it_is_off(engine: str, tmp_path: Path) -> None:
    for access_log, lines in (("true", 1), ("false", 0)):
        with running_server(tmp_path, {"server": {"engine": engine, "access_log": access_log}}) as server:
            before = server.log
            with Client(server.connect()) as client:
                client.send(head("GET", "/v2/queues/seen-once/stats")).outcome()
            server.stop()
            assert server.log[len(before) :].count("seen-once") == lines
