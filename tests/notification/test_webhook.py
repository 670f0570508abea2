"""One attempt to deliver to a webhook, over real sockets: notifications A3 and N-24."""

import asyncio
import socket
import ssl
import threading

import pytest
from yarl import URL

from tests.integration.server.certificates import self_signed
from tests.notification import receiver as receivers
from tests.notification.receiver import Receiver, status
from zaqar.notification import webhook
from zaqar.notification.sips import SippingSocket
from zaqar.notification.webhook import Sender


def send(*urls, accepts=lambda address: True, is_trusted=lambda host: False, total_timeout=5.0, most_open=100, **more):
    """Send to each URL in turn, and return the answers."""

    async def act():
        sender = Sender(
            accepts=accepts,
            is_trusted=is_trusted,
            connect_timeout=total_timeout,
            total_timeout=total_timeout,
            most_lookups=4,
            **more,
        )
        sender.most_open = most_open
        try:
            return [await sender.send(URL(url, encoded=True), {"X-A": "b"}, b"[1]") for url in urls]
        finally:
            await sender.close()

    return asyncio.run(act())


def answer_of(behave, **options):
    with Receiver(lambda received: behave) as receiver:
        return send(receiver.url(), **options)[0]


def test_it_posts_the_body_and_the_headers_to_exactly_the_url():
    with Receiver() as receiver:
        send(receiver.url("/a%2Fb/../c?x=%20+1"))

    assert receiver.received[0].path == "/a%2Fb/../c?x=%20+1"
    assert receiver.received[0].body == b"[1]"
    assert receiver.received[0].headers["x-a"] == "b"
    assert "accept-encoding" not in receiver.received[0].headers


@pytest.mark.parametrize("code", [200, 201, 204, 299])
def test_every_2xx_is_a_delivery(code):
    assert answer_of(status(code)).is_delivered


@pytest.mark.parametrize("code", [301, 304, 400, 404, 500, 503])
def test_everything_else_is_a_failed_attempt_that_names_the_status(code):
    answer = answer_of(status(code))

    assert not answer.is_delivered
    assert not answer.is_gone
    assert answer.text == f"status {code}"


def test_a_410_says_that_the_receiver_wants_no_more():
    assert answer_of(status(410)).is_gone


def test_no_redirect_is_followed():
    with Receiver() as target, Receiver(lambda received: status(307, headers=f"Location: {target.url()}\r\n")) as first:
        assert send(first.url())[0].text == "status 307"

    assert target.received == []


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_receiver_may_say_when_to_come_back(code):
    assert answer_of(status(code, headers="Retry-After: 17\r\n")).retry_after == "17"


def test_other_receivers_may_not():
    assert answer_of(status(500, headers="Retry-After: 17\r\n")).retry_after is None


def test_cookies_are_not_kept():
    with Receiver(lambda received: status(200, headers="Set-Cookie: a=b\r\n")) as receiver:
        send(receiver.url(), receiver.url())

    assert "cookie" not in receiver.received[1].headers


def test_a_connection_is_used_again():
    with Receiver(lambda received: status(200, body=b"thanks")) as receiver:
        send(*[receiver.url()] * 5)

    assert receiver.connections == 1


def test_connections_to_many_hosts_are_kept_only_up_to_a_bound():
    with Receiver() as receiver:
        urls = [receiver.url(host=f"{number}.example") for number in range(10)]
        answers = send(*urls, *urls, look_up=lambda host, port: [(socket.AF_INET, "127.0.0.1")], most_open=4)

    assert all(answer.is_delivered for answer in answers)
    assert receiver.connections == 20  # without the bound, those of the first round would do


def test_a_connection_that_was_closed_while_idle_costs_no_attempt():
    with Receiver(lambda received: status(200, closes=True)) as receiver:
        answers = send(*[receiver.url()] * 20)

    assert all(answer.is_delivered for answer in answers)


def test_however_many_connections_lie_idle_an_attempt_is_sent_twice_at_most_and_the_second_time_on_a_new_one():
    def behave(received):
        return status(200) if received.path == "/at-once" else receivers.reset

    async def act():
        with Receiver(behave) as receiver:
            sender = Sender(
                accepts=lambda address: True,
                is_trusted=lambda host: False,
                connect_timeout=5.0,
                total_timeout=5.0,
                most_lookups=4,
            )
            at_once = URL(receiver.url("/at-once"))
            await asyncio.gather(*(sender.send(at_once, {}, b"1") for _ in range(8)))
            opened = receiver.connections
            answer = await sender.send(URL(receiver.url()), {}, b"[1]")
            await sender.close()
            return answer, opened, receiver.received[8:]

    answer, opened, received = asyncio.run(act())

    assert opened > 2
    assert answer.text == "the connection was closed without an answer"
    assert len(received) == 2
    assert received[1].connection > opened


def test_a_receiver_that_never_answers_is_given_up_in_time():
    assert answer_of(receivers.hang, total_timeout=0.05).text == "no answer in time"


def test_a_receiver_that_never_ends_its_headers_is_given_up_in_time():
    assert answer_of(receivers.drip_headers, total_timeout=0.05).text == "no answer in time"


def test_a_flood_before_the_answer_is_read_a_little_at_a_time(monkeypatch):
    read = []

    class Watched(SippingSocket):
        def recv(self, size, flags=0, /):
            read.append(len(found := super().recv(size, flags)))
            return found

    monkeypatch.setattr(webhook, "SippingSocket", Watched)
    flood = b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000

    assert answer_of(receivers.raw(flood + b"HTTP/1.1 200 OK\r\n\r\n")).is_delivered

    assert sum(read) > len(flood)
    assert max(read) <= 4096


def test_an_answer_that_never_ends_is_a_delivery_all_the_same():
    assert answer_of(receivers.drip).is_delivered


def test_a_huge_answer_is_a_delivery_and_is_not_read():
    assert answer_of(status(200, body=b"x" * 10_000_000)).is_delivered


def test_a_reset_is_a_failed_attempt():
    assert answer_of(receivers.reset).text == "the connection was closed without an answer"


@pytest.mark.parametrize(
    "text", [b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nX" + b"x" * 100_000]
)
def test_what_is_not_http_is_a_failed_attempt_of_which_nothing_is_told(text):
    assert answer_of(receivers.raw(text)).text == "the answer is not HTTP"


def test_a_closed_port_is_a_failed_attempt():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        assert send(f"http://127.0.0.1:{bound.getsockname()[1]}/")[0].text == "the connection was refused"


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///path",
        "ftp://host/",
        "nonsense",
        "http://127.1:9/",
        "http://2130706433/",
        "http://127.0.0.1:65536/",
        "http://name.example:65536/",
        "http://xn--a/",
        "http://name.example:abc/",
    ],
)
def test_a_url_that_leads_nowhere_is_a_failed_attempt(url):
    assert send(url)[0].text == "the URL cannot be used"


def refuses_loopback(address):
    return not address.startswith("127.")


def named(*addresses):
    """Look up every name as these addresses, one after the other."""
    found = iter(addresses)
    return lambda host, port: [(socket.AF_INET, next(found))]


def test_an_address_that_is_refused_is_never_connected_to():
    with Receiver() as receiver:
        answers = send(receiver.url(), accepts=refuses_loopback)

    assert answers[0].text == "the address is not allowed"
    assert receiver.connections == 0


def test_a_name_of_a_refused_address_is_refused():
    with Receiver() as receiver:
        answers = send(receiver.url(host="rebound.example"), accepts=refuses_loopback, look_up=named("127.0.0.1"))

    assert answers[0].text == "the address is not allowed"
    assert receiver.connections == 0


def test_a_name_that_changes_meanwhile_leads_only_where_it_was_checked():
    checked = []

    def accepts(address):
        checked.append(address)
        return True

    with Receiver() as receiver:
        look_up = named("127.0.0.1", "8.8.8.8")
        assert send(receiver.url(host="rebound.example"), accepts=accepts, look_up=look_up)[0].is_delivered

    assert checked == ["127.0.0.1"]


def test_a_trusted_host_is_reached_wherever_it_is():
    with Receiver() as receiver:
        answers = send(
            receiver.url(host="endpoint.example"),
            accepts=refuses_loopback,
            is_trusted=lambda host: host == "endpoint.example",
            look_up=named("127.0.0.1"),
        )

    assert answers[0].is_delivered


def test_of_several_addresses_an_accepted_one_is_taken():
    with Receiver() as receiver:
        answers = send(
            receiver.url(host="both.example"),
            accepts=lambda address: address == "127.0.0.1",
            look_up=lambda host, port: [(socket.AF_INET, "127.0.0.2"), (socket.AF_INET, "127.0.0.1")],
        )

    assert answers[0].is_delivered


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeError("label too long")])
def test_a_name_that_is_not_found_is_a_failed_attempt(failure):
    def look_up(host, port):
        raise failure

    assert send("http://missing.example/", look_up=look_up)[0].text in {
        "the name was not found",
        "the URL cannot be used",
    }


def test_names_that_the_system_looks_for_after_their_attempts_are_over_keep_no_place_from_others():
    ends = threading.Event()

    def look_up(host, port):
        if host != "known.example":
            ends.wait(20)
        return [(socket.AF_INET, "127.0.0.1")]

    async def act():
        with Receiver() as receiver:
            sender = Sender(
                accepts=lambda address: True,
                is_trusted=lambda host: False,
                connect_timeout=0.5,
                total_timeout=5.0,
                most_lookups=4,
                look_up=look_up,
            )
            unknown = [URL(f"http://unknown-{number}.example/") for number in range(4)]
            late = await asyncio.gather(*(sender.send(url, {}, b"[1]") for url in unknown))
            answer = await sender.send(URL(receiver.url(host="known.example")), {}, b"[1]")
            await sender.close()
            return [*late, answer]

    try:
        answers = asyncio.run(act())
    finally:
        ends.set()

    assert [answer.text for answer in answers] == ["no connection in time"] * 4 + ["status 200"]


def test_a_look_up_that_takes_long_is_given_up_in_time():
    ends = threading.Event()

    def look_up(host, port):
        ends.wait(10)
        return []

    try:
        assert send("http://slow.example/", look_up=look_up, total_timeout=0.05)[0].text in {
            "no connection in time",
            "no answer in time",
        }
    finally:
        ends.set()


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path):
    files = self_signed(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(files.certificate, files.key)

    with Receiver(tls=serving) as receiver:
        trusting = ssl.create_default_context(cafile=files.certificate)
        assert send(receiver.url(), tls=trusting)[0].is_delivered
        assert send(receiver.url())[0].text == "its certificate is not trusted"

    assert len(receiver.received) == 1


@pytest.mark.parametrize("scheme", ["HTTP", "Http"])
def test_the_case_of_the_scheme_does_not_matter(scheme):
    with Receiver() as receiver:
        assert send(receiver.url().replace("http", scheme, 1))[0].is_delivered


def test_the_environments_proxy_is_not_used(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")

    with Receiver() as receiver:
        assert send(receiver.url())[0].is_delivered
