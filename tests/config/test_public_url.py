"""Where clients reach the service, as the operator says it (http section 2.2)."""

import pytest

from zaqar.errors import ConfigurationError


@pytest.mark.parametrize(
    ("said", "is_"),
    [
        ("https://messaging.example.org", "https://messaging.example.org"),
        ("http://example.org:8888/", "http://example.org:8888"),
        ("https://example.org/messaging/", "https://example.org/messaging"),
        ("http://[2001:db8::1]:8888", "http://[2001:db8::1]:8888"),
    ],
)
def test_it_has_no_slash_at_its_end(written, said, is_):
    assert written(f"[server]\npublic_url = {said}\n").server.public_url == is_


def test_without_it_nothing_is_known(written):
    assert written().server.public_url is None


@pytest.mark.parametrize(
    "said",
    [
        "messaging.example.org",
        "ftp://example.org",
        "https://",
        "https:///messaging",
        "https://example.org?a=1",
        "https://example.org/#top",
        "https://user:secret@example.org",
        "https://example.org:99999",
        "https://example.org:port",
        "https://[::1",
        "https://exa mple.org",
        'https://example.org/"',
        "//example.org",
    ],
)
def test_what_no_path_can_be_added_to_is_refused_at_the_start(written, said):
    with pytest.raises(ConfigurationError, match=r"\[server\] public_url.*cannot be used: .*https://") as refusal:
        written(f"[server]\npublic_url = {said}\n")
    assert "secret" not in str(refusal.value)
