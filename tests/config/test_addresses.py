import pytest

from zaqar import config
from zaqar.errors import ConfigurationError

PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "[::1]",
    "::1%lo",
    "::ffff:127.0.0.1",
    "localhost",
    "LOCALHOST",
    "unix:/s",
    "/s",
]
PUBLIC = [
    "0.0.0.0",
    "::",
    "192.0.2.1",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "2001:db8::1",
    "example.org",
    "localhost.example.org",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_loopback_address_or_a_unix_socket_is_not_public(address):
    assert not config.is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_every_other_address_is_public(address):
    assert config.is_public(address)


def test_a_public_address_without_authentication_is_refused(written):
    with pytest.raises(ConfigurationError, match="allow_unauthenticated = true"):
        config.check_address(written("[drivers:transport:wsgi]\nbind = 0.0.0.0\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[drivers:transport:wsgi]\nbind = 0.0.0.0\n[server]\nallow_unauthenticated = true\n",
        "[drivers:transport:wsgi]\nbind = 0.0.0.0\n[server]\nunix_socket = /run/zaqar.sock\n",
        "[DEFAULT]\nauth_strategy = keystone\n[drivers:transport:wsgi]\nbind = 0.0.0.0\n",
    ],
)
def test_other_addresses_are_served(written, text):
    config.check_address(written(text))


@pytest.mark.parametrize("given", ["[::1]", "::1"])
def test_an_address_may_stand_in_brackets(written, given):
    conf = written(f"[drivers:transport:wsgi]\nbind = {given}\n")

    assert conf["drivers:transport:wsgi"].bind == "::1"
    config.check_address(conf)


def test_a_flag_takes_an_address_in_brackets(written):
    assert written("", "--bind", "[::1]", prog="zaqar-server")["drivers:transport:wsgi"].bind == "::1"


def test_a_public_address_in_brackets_is_refused_like_any_other(written):
    with pytest.raises(ConfigurationError, match="allow_unauthenticated = true"):
        config.check_address(written("[drivers:transport:wsgi]\nbind = [::]\n"))


@pytest.mark.parametrize("given", ["[::1", "::1]", "[[::1]]", "[localhost]", "[127.0.0.1]", "[]"])
def test_brackets_stand_around_an_address_of_version_6_only(written, given):
    with pytest.raises(ConfigurationError, match="bind"):
        written(f"[drivers:transport:wsgi]\nbind = {given}\n")
