"""The example that joins two services, which know nothing of one another but a signed URL."""

import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.process import RunningServer, running_server, wait_until
from tests.integration.rest import Service

PROGRAM = Path(__file__).parents[2] / "examples" / "cloud_to_cloud.py"
KEY = {"signed_url": {"secret_key": "k" * 32}}


@pytest.fixture(scope="module")
def clouds(tmp_path_factory) -> Iterator[tuple[RunningServer, RunningServer]]:
    """Two services on two files; only one of them signs."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("here", "there"))
    with running_server(one, {"server": {"workers": 1}}) as here, running_server(two, KEY) as there:
        yield here, there


class Pair:
    """A queue here and one there, of projects that no other test uses."""

    def __init__(self, clouds: tuple[RunningServer, RunningServer], name: str) -> None:
        self.urls = [server.url for server in clouds]
        self.here, self.there = (
            Service(url, f"{name}-{place}") for url, place in zip(self.urls, ("a", "b"), strict=True)
        )

    def run(self, *arguments: str) -> str:
        """Run the program and return what it printed."""
        words = ["--url", self.urls[0], "--project", self.here.headers["X-Project-ID"], "--queue", "source"]
        words += ["--to-url", self.urls[1], "--to-project", self.there.headers["X-Project-ID"], "--to-queue", "target"]
        line = [sys.executable, str(PROGRAM), *words, *arguments]
        done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def arrived(self) -> list[object]:
        """Return what was posted here, as it is there."""
        return [message["body"]["body"] for message in self.there.every_message("target")]

    def subscriptions(self) -> list[dict[str, object]]:
        """Return those of the queue here."""
        status, page = self.here.call("GET", "/v2/queues/source/subscriptions")
        assert status == 200
        return list(page["subscriptions"])

    def close(self) -> None:
        for service in (self.here, self.there):
            service.close()


@pytest.fixture
def pair(clouds) -> Iterator[Pair]:
    made = Pair(clouds, secrets.token_hex(4))
    yield made
    made.close()


def test_what_is_posted_here_arrives_there_and_says_where_it_is_from(pair):
    pair.run()

    pair.here.post("source", [{"job": 1}, "two", None])

    wait_until(lambda: len(pair.there.every_message("target")) == 3, what="the messages there")
    (first, *_) = pair.there.every_message("target")
    assert first["body"] == {
        "body": {"job": 1},
        "ttl": 3600,
        "Message_Type": "Notification",
        "queue_name": "source",
    }
    assert pair.arrived() == [{"job": 1}, "two", None]
    assert len(pair.here.every_message("source")) == 3


def test_nothing_comes_back(pair):
    pair.run()

    pair.there.post("target", [{"body": "theirs"}])
    pair.here.post("source", ["ours"])

    wait_until(lambda: pair.arrived() == ["theirs", "ours"], what="the message there")
    assert [message["body"] for message in pair.here.every_message("source")] == ["ours"]


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_run_again_it_goes_on_with_a_new_signature(pair, is_confirmed):
    pair.run("--seconds", "600")
    (before,) = pair.subscriptions()
    path = f"/v2/queues/source/subscriptions/{before['id']}/confirm"
    assert pair.here.call("PUT", path, {"confirmed": is_confirmed})[0] == 204

    said = pair.run("--seconds", "7200")

    (after,) = pair.subscriptions()
    assert said.startswith(f"subscription {before['id']}: ")
    assert (after["id"], after["ttl"]) == (before["id"], 7200)
    assert after["options"]["post_headers"]["URL-Expires"] > before["options"]["post_headers"]["URL-Expires"]
    pair.here.post("source", ["still"])
    wait_until(lambda: pair.arrived() == ["still"], what="the message there")


def test_the_two_halves_can_be_run_by_two_people(pair, tmp_path):
    (tmp_path / "signed.json").write_text(pair.run("--sign"))
    assert pair.subscriptions() == []

    pair.run("--signed", str(tmp_path / "signed.json"))

    pair.here.post("source", ["between two"])
    wait_until(lambda: pair.arrived() == ["between two"], what="the message there")
