"""What is remembered of signed requests: what is right, by all of its headers, and never for longer than it is good."""

from datetime import UTC, datetime

import pytest

from tests.clock import MovableClock
from zaqar.context import Opening
from zaqar.errors import SignatureRefused
from zaqar.signing import Grant, Signer
from zaqar.transport.signatures import LONGEST_REMEMBERED, SignedRequests

PATH = "/v2/queues/q/messages"


class _Counting(Signer):
    verified = 0

    def verify(self, grant, signature):
        self.verified += 1
        super().verify(grant, signature)


@pytest.fixture
def clock():
    return MovableClock()


@pytest.fixture
def signer(clock):
    return _Counting(["key"], clock)


def _headers(signer, clock, *methods):
    expires = datetime.fromtimestamp(clock.now() + 60, UTC)
    grant = Grant([PATH], methods or ["GET"], "p", expires)
    return {
        "URL-Signature": signer.sign(grant),
        "URL-Expires": grant.expires_text,
        "URL-Methods": ",".join(grant.methods),
        "URL-Paths": PATH,
        "X-Project-ID": "p",
        "Client-ID": "me",
        "X-Roles": "admin",
        "X-Tenant-Id": "other",
    }


def test_only_what_is_signed_tells_who_asks(signer, clock):
    asker = SignedRequests(signer).asker(_headers(signer, clock), method="GET", path=PATH)

    assert asker.headers == {"X-Project-ID": "p", "Client-ID": "me"}
    assert asker.opening == Opening((PATH,), clock.now() + 60)


def test_a_signature_is_verified_once(signer, clock):
    requests, headers = SignedRequests(signer), _headers(signer, clock)

    for _ in range(3):
        requests.asker(headers, method="GET", path=f"{PATH}/m")

    assert signer.verified == 1


@pytest.mark.parametrize("header", ["URL-Signature", "URL-Expires", "URL-Methods", "URL-Paths", "X-Project-ID"])
def test_what_is_remembered_is_good_with_all_of_its_headers_only(signer, clock, header):
    requests, headers = SignedRequests(signer), _headers(signer, clock)
    requests.asker(headers, method="GET", path=PATH)

    for other in ("", "x", headers[header] + "x", headers[header][:-1], headers[header].swapcase() + ","):
        with pytest.raises(SignatureRefused):
            requests.asker(headers | {header: other}, method="GET", path=PATH)


def test_what_is_remembered_opens_no_more_and_for_no_longer(signer, clock):
    requests, headers = SignedRequests(signer), _headers(signer, clock)
    requests.asker(headers, method="GET", path=PATH)

    for method, path in (("POST", PATH), ("GET", "/v2/queues/r/messages")):
        with pytest.raises(SignatureRefused):
            requests.asker(headers, method=method, path=path)
    clock.move(60)
    with pytest.raises(SignatureRefused, match="expired"):
        requests.asker(headers, method="GET", path=PATH)


def test_what_is_wrong_or_long_is_not_remembered(signer, clock):
    requests, headers = SignedRequests(signer), _headers(signer, clock)
    long = _headers(signer, clock, "GET", "X" * LONGEST_REMEMBERED)
    wrong = headers | {"URL-Signature": "0" * 64}

    for _ in range(2):
        requests.asker(long, method="GET", path=PATH)
        with pytest.raises(SignatureRefused):
            requests.asker(wrong, method="GET", path=PATH)

    assert signer.verified == 4
