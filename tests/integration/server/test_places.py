"""Where zaqar-server listens: IPv6, Unix sockets, TLS."""

import os
import signal
import socket
import ssl
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from tests.integration.process import run_to_end, running_server, wait_until
from tests.integration.server.certificates import self_signed
from tests.integration.sockets.table import ENGINES
from tests.integration.sockets.wire import Client, post

WSGI = "drivers:transport:wsgi"


@pytest.mark.parametrize("engine", ENGINES)
def test_ipv6(engine: str, tmp_path: Path) -> None:
    with running_server(tmp_path, {WSGI: {"bind": "::1"}, "server": {"engine": engine}}) as server:
        assert f"http://[::1]:{server.port};" in server.log
        with Client(server.connect()) as client:
            assert client.send(post()).outcome() == "201"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_unix_socket_also_one_left_behind_by_a_killed_server(engine: str, tmp_path: Path) -> None:
    settings = {"server": {"engine": engine, "unix_socket": tmp_path / "zaqar.sock"}}

    with running_server(tmp_path, settings) as killed:
        os.killpg(killed.process.pid, signal.SIGKILL)
        killed.process.wait(timeout=5)
    assert (tmp_path / "zaqar.sock").exists()

    with running_server(tmp_path, settings) as server, Client(server.connect()) as client:
        assert client.send(post()).outcome() == "201"
        assert f"unix:{tmp_path / 'zaqar.sock'};" in server.log
    assert not (tmp_path / "zaqar.sock").exists()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("option", "mode"), [({}, 0o660), ({"unix_socket_mode": "606"}, 0o606)])
def test_a_unix_socket_has_the_mode_that_is_asked_for_and_the_database_its_own(
    option: dict[str, str], mode: int, engine: str, tmp_path: Path
) -> None:
    settings = {
        "server": {"engine": engine, "unix_socket": tmp_path / "zaqar.sock", **option},
        "DEFAULT": {"state_path": tmp_path},
    }

    with running_server(tmp_path, settings):
        assert stat.S_IMODE((tmp_path / "zaqar.sock").stat().st_mode) == mode
        assert stat.S_IMODE((tmp_path / "zaqar.db").stat().st_mode) == 0o600


def test_granian_refuses_a_unix_socket_whose_path_is_short_only_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "short").symlink_to(folder(tmp_path, 107 * "x"))

    ended = run_to_end(tmp_path, {"server": {"engine": "granian", "unix_socket": tmp_path / "short" / "zaqar.sock"}})

    assert ended.returncode == 1
    assert "longer than 107 bytes" in ended.stderr


def test_a_unix_socket_in_use_is_not_taken_over(tmp_path: Path) -> None:
    settings = {"server": {"unix_socket": tmp_path / "zaqar.sock"}}

    with running_server(tmp_path, settings):
        ended = run_to_end(tmp_path, settings)

    assert ended.returncode == 1
    assert "Another service" in ended.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_tls(engine: str, tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    tls = {"engine": engine, "tls_certificate": files.certificate, "tls_key": files.key}
    trusting = ssl.create_default_context(cafile=files.certificate)

    with running_server(tmp_path, {"server": tls}) as server:
        plain = socket.create_connection((server.address, server.port), timeout=5)
        with Client(trusting.wrap_socket(plain, server_hostname="127.0.0.1")) as client:
            outcomes = [client.send(post()).outcome() for _ in range(2)]

    assert outcomes == ["201", "201"]
    assert "https://127.0.0.1" in server.log


@pytest.mark.parametrize("engine", ENGINES)
def test_a_client_without_the_certificate_that_is_asked_for_is_refused(engine: str, tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    tls = {
        "engine": engine,
        "tls_certificate": files.certificate,
        "tls_key": files.key,
        "tls_client_ca": files.certificate,
    }
    known = ssl.create_default_context(cafile=files.certificate)
    known.load_cert_chain(files.certificate, files.key)
    unknown = ssl.create_default_context(cafile=files.certificate)
    outcomes = []

    with running_server(tmp_path, {"server": tls}, identity=(files.certificate, files.key)) as server:
        for context in (known, unknown):
            plain = socket.create_connection((server.address, server.port), timeout=5)
            try:
                with Client(context.wrap_socket(plain, server_hostname="127.0.0.1")) as client:
                    outcomes.append(client.send(post()).outcome())
            except ssl.SSLError:
                outcomes.append("refused")

    assert outcomes[0] == "201"
    assert outcomes[1] in ("refused", "closed")


@pytest.mark.parametrize("engine", ENGINES)
def test_clients_that_stall_in_the_tls_handshake_hold_no_thread(engine: str, tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    tls = {
        "engine": engine,
        "workers": 1,
        "threads": 2,
        "client_timeout": 1,
        "tls_certificate": files.certificate,
        "tls_key": files.key,
    }
    greeting = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"

    with running_server(tmp_path, {"server": tls}) as server:
        stalled = [socket.create_connection((server.address, server.port)) for _ in range(2)]
        for connection in stalled:
            connection.sendall(greeting)
        wait_until(lambda: server.has_taken(*stalled), what="a hold on every client")
        with Client(server.connect()) as client:
            outcome = client.send(post()).outcome()
        for connection in stalled:
            connection.close()

    assert outcome == "201"


def test_granian_says_how_to_convert_a_key_it_cannot_read(tmp_path: Path) -> None:
    files = self_signed(tmp_path, key_format=PrivateFormat.TraditionalOpenSSL)
    tls = {"engine": "granian", "tls_certificate": files.certificate, "tls_key": files.key}

    ended = run_to_end(tmp_path, {"server": tls})

    assert ended.returncode == 1
    assert "openssl pkcs8 -topk8 -nocrypt" in ended.stderr


def test_a_certificate_or_key_that_cannot_be_used_ends_the_start_with_a_word_about_it(tmp_path: Path) -> None:
    files, others = self_signed(folder(tmp_path, "own")), self_signed(folder(tmp_path, "other"))
    alone = {"tls_certificate": files.certificate}

    missing = run_to_end(tmp_path, {"server": alone})
    foreign = run_to_end(tmp_path, {"server": alone | {"tls_key": others.key}})
    mistaken = run_to_end(tmp_path, {"server": alone | {"tls_key": files.certificate}})
    swapped = run_to_end(tmp_path, {"server": {"tls_certificate": files.key}})

    assert f"[server] tls_certificate {files.key} is no certificate in PEM format" in swapped.stderr
    assert f"[server] tls_key is missing, and {files.certificate} contains none" in missing.stderr
    assert f"the key in {others.key} does not belong to the certificate in {files.certificate}" in foreign.stderr
    assert f"[server] tls_key {files.certificate} is no private key in PEM format" in mistaken.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_an_encrypted_key_is_refused_and_no_password_asked_for(engine: str, tmp_path: Path) -> None:
    files = self_signed(tmp_path, password=b"not asked for")
    tls = {"engine": engine, "tls_certificate": files.certificate, "tls_key": files.key}

    ended = run_to_end(tmp_path, {"server": tls})

    assert ended.returncode == 1
    assert f"The TLS key in {files.key} is encrypted" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reload_with_a_broken_certificate_leaves_the_workers_in_place(engine: str, tmp_path: Path) -> None:
    files = self_signed(tmp_path)
    tls = {"engine": engine, "tls_certificate": files.certificate, "tls_key": files.key}

    with running_server(tmp_path, {"server": tls}) as server:
        files.certificate.write_text("half of a certificate")
        server.signal(signal.SIGHUP)
        wait_until(
            lambda: "The configuration is not reloaded. TLS cannot be set up" in server.log, what="a word about it"
        )
        with Client(server.connect()) as client:
            assert client.send(post()).outcome() == "201"


def folder(parent: Path, name: str) -> Path:
    path = parent / name
    path.mkdir()
    return path
