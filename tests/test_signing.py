"""Signatures by themselves: the text that is signed, and what one is good for (http section 10)."""

from datetime import UTC, datetime

import pytest

from tests.clock import MovableClock
from zaqar.errors import SignatureRefused
from zaqar.signing import Grant, Signer, is_method, parse_time

FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
MESSAGES = "/v2/queues/q/messages"


def _grant(*paths, methods=("GET",), project="p", expires="2100-01-01T00:00:00"):
    return Grant(paths or (MESSAGES,), methods, project, parse_time(expires))


def _signer(*keys, clock=None):
    return Signer(keys, clock or MovableClock())


def _check(signer, grant, signature, *, method, path):
    signer.verify(grant, signature)
    signer.check(grant, method=method, path=path)


VECTORS = [  # http U-10, U-11; notifications U-6
    (
        "test",
        _grant("/v2/queues/demo/messages", project="proj1"),
        "119a6df96975658b1fdcfd3799bbf72ce5d4e4a6dc600dc5d74b35477902bda3",
    ),
    (
        "test",
        _grant(
            "/v2/queues/sq/messages",
            "/v2/queues/sq/claims",
            methods=("POST", "GET"),
            project="proj1",
            expires="2026-11-21T20:50:00",
        ),
        "2a6699d4d782078d498a799000458af05dd2cc4be4d6d5a5505989207e5c120b",
    ),
    (
        "s3cret",
        _grant("/v2/queues/s1/messages", project="p1", expires="2030-01-01T00:00:00"),
        "31a7b2045e8e02475f9512bbf3a406e12d69a144ecc4ba638f8ba89abd79c126",
    ),
    (
        "s3cret",
        _grant(
            "/v2/queues/s1/subscriptions",
            "/v2/queues/s1/messages",
            methods=("POST", "GET"),
            project="p1",
            expires="2030-01-01T00:00:00",
        ),
        "21677691c3bd4d5bca6e1c6285c32504622077d64320f94c1f8cbf605dfe9737",
    ),
    (
        "s3cret",
        _grant(
            "/v2/queues/demo/messages",
            methods=("GET", "DELETE"),
            project="0123456789abcdef0123456789abcdef",
            expires="2040-02-03T04:05:06",
        ),
        "30fd299dfc9402bd897ce428040bf174c9eb1ad13ad8e7e6c5246c0663d68340",
    ),
    (
        "s3cret",
        _grant("/v2/queues/demo/messages", project="None", expires="2040-02-03T04:05:06"),
        "3ddde253fa036e66d4cc78f5e1e0ef79253e2fbdacfa12e58353f3443380c2f2",
    ),
]


@pytest.mark.parametrize(("key", "grant", "signature"), VECTORS)
def test_a_signature_is_that_of_the_specification(key, grant, signature):
    assert _signer(key).sign(grant) == signature


def test_a_signature_opens_its_paths_and_what_is_below_them_with_its_methods():
    signer, grant = _signer("key"), _grant(MESSAGES, "/v2/queues/q/claims", methods=("GET", "POST"))
    signature = signer.sign(grant)

    for path in (MESSAGES, f"{MESSAGES}/", f"{MESSAGES}/m", "/v2/queues/q/claims/c"):
        _check(signer, grant, signature, method="POST", path=path)
    for method, path in (
        ("DELETE", MESSAGES),
        ("get", MESSAGES),
        ("", MESSAGES),
        ("GET,POST", MESSAGES),
        ("GET", "/v2/queues/q"),
        ("GET", "/v2/queues/q/message"),
        ("GET", f"{MESSAGES}x"),
        ("GET", f"{MESSAGES};x"),
        ("GET", f"/x{MESSAGES}"),
        ("GET", MESSAGES.upper()),
        ("GET", "/v2/queues/Q/messages"),
        ("GET", "/v2//queues/q/messages"),
        ("GET", ""),
    ):
        with pytest.raises(SignatureRefused):
            _check(signer, grant, signature, method=method, path=path)


@pytest.mark.parametrize(
    "other",
    [
        _grant("/v2/queues/r/messages"),
        _grant(MESSAGES, "/v2/queues/r/messages"),
        _grant(methods=("GET", "POST")),
        _grant(methods=("POST",)),
        _grant(project="q"),
        _grant(project="P"),
        _grant(project=""),
        _grant(expires="2100-01-01T00:00:01"),
    ],
)
def test_a_signature_is_good_for_nothing_else(other):
    signer = _signer("key")

    with pytest.raises(SignatureRefused):
        _check(signer, other, signer.sign(_grant()), method=other.methods[0], path=other.paths[0])


@pytest.mark.parametrize("signature", ["", "0" * 64, "x", "\xe9", "\udc80", "119a6df9" * 8])
def test_a_forged_signature_is_refused(signature):
    with pytest.raises(SignatureRefused):
        _check(_signer("key"), _grant(), signature, method="GET", path=MESSAGES)


def test_a_signature_in_capitals_or_cut_is_refused():
    signer = _signer("key")
    signature = signer.sign(_grant())

    for wrong in (signature.upper(), signature[:-1], f"{signature}0", f" {signature}"):
        with pytest.raises(SignatureRefused):
            _check(signer, _grant(), wrong, method="GET", path=MESSAGES)


def test_a_signature_ends_with_the_second_that_it_names():
    clock = MovableClock()
    signer = _signer("key", clock=clock)
    grant = _grant(expires=datetime.fromtimestamp(clock.now() + 10, UTC).isoformat())
    signature = signer.sign(grant)

    clock.move(9)
    _check(signer, grant, signature, method="GET", path=MESSAGES)
    clock.move(1)
    with pytest.raises(SignatureRefused, match="expired"):
        _check(signer, grant, signature, method="GET", path=MESSAGES)


def test_former_keys_are_accepted_and_sign_nothing():
    old, new, both = _signer("old"), _signer("new"), _signer("new", "older", "old")
    grant = _grant()

    _check(both, grant, old.sign(grant), method="GET", path=MESSAGES)
    assert both.sign(grant) == new.sign(grant)
    with pytest.raises(SignatureRefused):
        _check(new, grant, old.sign(grant), method="GET", path=MESSAGES)


def test_without_a_key_nothing_is_accepted():
    signer = _signer()

    assert not signer.has_key
    with pytest.raises(SignatureRefused):
        _check(signer, _grant(), _signer("").sign(_grant()), method="GET", path=MESSAGES)


@pytest.mark.parametrize(
    "grant",
    [
        _grant(f"{MESSAGES}\\nGET", "/v2/queues/r/messages", methods=("POST",)),
        _grant("/v2/queues/r/messages", methods=("GET\\np\\n2090-01-01T00:00:00", "POST")),
        _grant("", "/x"),
        _grant("/x"),
    ],
)
def test_what_no_share_would_sign_is_refused_though_it_be_signed(grant):
    """The fields run into one another in the text that is signed: one text must never have two readings."""
    signer = _signer("key")

    with pytest.raises(SignatureRefused):
        _check(signer, grant, signer.sign(grant), method=grant.methods[-1], path=f"{grant.paths[-1]}/x")


@pytest.mark.parametrize(
    "text",
    [
        "2100-01-01",
        "2100-01-01T00:00:00",
        "2100-01-01 00:00:00",
        "2100-01-01T00:00:00Z",
        "2100-01-01T00:00:00.999999",
        "2100-01-01T02:00:00+02:00",
        "2099-12-31T19:00:00-05:00",
    ],
)
def test_a_time_has_one_form(text):
    """http U-4, U-16"""
    assert parse_time(text) == FOREVER
    assert _grant(expires=text).expires_text == "2100-01-01T00:00:00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "20300101",
        " 20300101 ",
        "-1",
        "1893456000",
        "2030-13-01",
        "2030-01-01T25:00:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2030-01-01T00:00:00 ",
        "tomorrow",
    ],
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


def test_a_method_is_what_http_could_carry():
    assert all(map(is_method, ("GET", "get", "M-SEARCH", "X")))
    assert not any(map(is_method, ("", "GET,POST", "GET ", "GE\\nT", "GET\n", "\xc9", "A/B")))
