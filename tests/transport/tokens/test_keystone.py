import contextlib
import datetime
import http.server
import json
import socket
import threading

import pytest

from zaqar import config
from zaqar.errors import Unavailable
from zaqar.transport.tokens.keystone import Keystone, seconds_left, shares
from zaqar.transport.tokens.verdict import Refused

OPTIONS = """
[DEFAULT]
auth_strategy = keystone
[keystone_authtoken]
auth_type = password
auth_url = http://127.0.0.1:{port}/v3
username = zaqar
password = s3cr3t
user_domain_id = default
project_name = service
project_domain_id = default
"""


@contextlib.contextmanager
def _somebody_else(status, body, content_type):
    """Run what lets the service's user in as Keystone does, and answers all else in one way; give its port."""

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(status, body, content_type)

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            uri = f"http://127.0.0.1:{server.server_port}/v3"
            endpoint = {"interface": "internal", "region_id": "RegionOne", "url": uri}
            catalog = [{"type": "identity", "name": "keystone", "endpoints": [endpoint]}]
            token = {"methods": ["password"], "expires_at": "2999-01-01T00:00:00.000000Z", "catalog": catalog}
            self._answer(201, json.dumps({"token": token}).encode(), "application/json")

        def _answer(self, status, body, content_type):
            self.send_response(status)
            self.send_header("X-Subject-Token", "token-of-the-service")
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [200, 300, 302, 400, 403, 404, 500])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b"", "text/plain"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
    ],
)
def test_what_answers_in_the_place_of_keystone_is_an_outage(tmp_path, status, body, content_type):
    """http X-26: such as a proxy's page. It is no mistake in the service, and no token is refused for it."""
    with _somebody_else(status, body, content_type) as port:
        (tmp_path / "zaqar.conf").write_text(OPTIONS.format(port=port))
        keystone = Keystone(config.load(files=[str(tmp_path / "zaqar.conf")], checks=()), uri="")

        with pytest.raises(Unavailable):
            keystone.validate("token", None)


def test_a_404_of_keystone_s_form_is_a_refusal(tmp_path):
    body = json.dumps({"error": {"code": 404, "message": "Could not find token.", "title": "Not Found"}}).encode()
    with _somebody_else(404, body, "application/json") as port:
        (tmp_path / "zaqar.conf").write_text(OPTIONS.format(port=port))
        keystone = Keystone(config.load(files=[str(tmp_path / "zaqar.conf")], checks=()), uri="")

        with pytest.raises(Refused):
            keystone.validate("token", None)


class _Dripping:
    """Sends the head of an answer, then a byte of ``rest`` at a time; ``is_left`` once the client has gone."""

    def __init__(self, head):
        self._head = head
        self.is_left = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._listener.close()
        self._thread.join()

    def _serve(self):
        client, _ = self._listener.accept()
        with client:
            client.recv(65536)
            client.sendall(self._head)
            client.settimeout(0.02)
            for _ in range(250):  # five seconds: more than the deadline of the test
                try:
                    client.sendall(b"x")
                    if not client.recv(65536):
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            else:
                return
        self.is_left.set()


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"], ids=["head", "body"]
)
def test_an_answer_that_comes_byte_by_byte_is_not_waited_for_beyond_the_deadline(tmp_path, head):
    with _Dripping(head) as server:
        (tmp_path / "zaqar.conf").write_text(OPTIONS.format(port=server.port))
        conf = config.load(files=[str(tmp_path / "zaqar.conf")], checks=())

        with pytest.raises(Unavailable):
            Keystone(conf, uri="", deadline=0.3).validate("token", None)

    assert server.is_left.is_set()


def test_without_memcached_a_process_relies_on_a_verdict_for_the_whole_time():
    seconds, overrides = shares(300, has_memcached=False)

    assert seconds == 300
    assert "token_cache_time" not in overrides


@pytest.mark.parametrize("given", [2, 5, 300])
def test_memcached_and_a_process_together_rely_on_it_no_longer(given):
    """http X-25: what a process finds in memcached may have lain there for nearly as long as that keeps it."""
    seconds, overrides = shares(given, has_memcached=True)

    assert overrides["token_cache_time"] >= 1
    assert seconds + overrides["token_cache_time"] <= given


@pytest.mark.parametrize("has_memcached", [True, False])
@pytest.mark.parametrize("given", [-1, 0])
def test_caching_can_be_switched_off(given, has_memcached):
    assert shares(given, has_memcached=has_memcached)[0] == 0


def test_a_token_is_good_until_it_expires():
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=90)

    left = seconds_left({"expires_at": end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")})

    assert 60 < left <= 90
