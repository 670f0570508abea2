"""``mongodb+srv://``: a name that DNS does not resolve is an outage, and a mistake in the uri is none."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import dns.exception
import dns.resolver
import pytest

from tests.builders import new_message, queue_key
from tests.conformance.acts import post
from tests.storage.mongodb.opening import message_store, opened, warnings
from zaqar.errors import ConfigurationError, Unavailable

NAME = "cluster.example.org"
MEMBER = "mongo.example.org"
URI = f"mongodb+srv://u:secret@{NAME}/?tls=false"

FAILURES = {
    "no answer in time": dns.resolver.LifetimeTimeout(timeout=1, errors=[]),
    "no such name": dns.resolver.NXDOMAIN(),
    "no name server": dns.resolver.NoNameservers(),
    "no network": OSError(101, "Network is unreachable"),
}


class Names:
    """A resolver: what it raises, and the host that it tells."""

    def __init__(self, port: int) -> None:
        self.failure: Exception | None = None
        self.host = MEMBER
        self._port = port
        self.asked = threading.Barrier(1)

    def resolve(self, name, kind, **_):
        self.asked.wait(10)
        if self.failure:
            raise self.failure
        if kind == "TXT":
            raise dns.resolver.NXDOMAIN
        return [SimpleNamespace(target=SimpleNamespace(to_text=lambda **_: self.host), port=self._port)]


@pytest.fixture
def names(server, monkeypatch):
    names, plain = Names(server.port), socket.getaddrinfo
    monkeypatch.setattr(dns.resolver, "resolve", names.resolve)
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: plain("127.0.0.1" if host == MEMBER else host, *rest, **more)
    )
    return names


@pytest.fixture
def far(names, name, clock):
    with opened(URI.replace("u:secret@", ""), name, clock, patience=0.3) as store:
        yield store


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_name_that_is_not_resolved_is_told_at_the_start_and_no_obstacle(names, failure):
    names.failure = failure

    (line,) = warnings(URI, retry_deadline=0.3)

    assert "does not answer" in line
    assert NAME in line
    assert "secret" not in line


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
def test_a_name_that_is_not_resolved_is_an_outage_that_ends_by_itself(far, names, failure):
    queue = queue_key()
    names.failure = failure
    for act in (far.records.create, far.records.stats, far.records.purge):
        with pytest.raises(Unavailable, match="cannot be found") as refusal:
            act(queue)
        assert NAME not in str(refusal.value)
    assert not far.is_alive()

    names.failure = None
    far.records.create(queue)
    post(far, queue, new_message())

    assert far.records.stats(queue).total == 1
    assert far.is_alive()


def test_requests_do_not_wait_for_one_another_while_dns_does_not_answer(far, names):
    names.failure = FAILURES["no answer in time"]
    names.asked = threading.Barrier(3)

    with ThreadPoolExecutor(3) as threads:
        answers = [threads.submit(far.is_alive) for _ in range(3)]

        assert [each.result(10) for each in answers] == [False] * 3


def test_hosts_that_cannot_be_are_refused_at_the_start_and_an_outage_later(far, names):
    names.host = "mongo.example.net"

    with pytest.raises(ConfigurationError, match=NAME):
        warnings(URI)
    with pytest.raises(Unavailable) as refusal:
        far.records.stats(queue_key())
    assert NAME not in str(refusal.value)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        (f"mongodb+srv://{NAME}:27017", "a port"),
        (f"mongodb+srv://u:secret@{NAME},{MEMBER}", "several hosts"),
        (f"mongodb+srv://u:se?cret@{NAME}", "reserved characters"),
        (f"mongodb+srv://u:se?retryWrites=true@{NAME}", "reserved characters"),
        (f"mongodb+srv://u:se/cret@{NAME}", "reserved characters"),
        (f"mongodb+srv://u:se@cret@{NAME}", "reserved characters"),
        (f"mongodb+srv://{NAME}/?nonsense=1", "option"),
    ],
)
def test_a_mistake_in_the_uri_is_refused_before_anybody_is_asked(names, uri, words):
    names.failure = AssertionError("DNS was asked.")

    for opening in (message_store, warnings):
        with pytest.raises(ConfigurationError, match=words) as refusal:
            opening(uri)
        assert "cret" not in str(refusal.value)


@pytest.mark.parametrize("uri", ["mongodb+srv://127.0.0.1", "mongodb+srv://a..example.org"])
def test_a_name_that_cannot_be_one_is_refused_at_the_start(uri):
    with pytest.raises(ConfigurationError):
        warnings(uri, retry_deadline=0.3)


def test_a_store_that_never_found_its_server_can_be_closed(names):
    names.failure = FAILURES["no such name"]

    with contextlib.closing(message_store(URI, retry_deadline=0.3)) as store, pytest.raises(Unavailable):
        store.records.stats(queue_key())
