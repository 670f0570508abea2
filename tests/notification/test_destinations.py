"""Which addresses webhooks may be sent to: notifications N-77."""

import ipaddress

import pytest

from zaqar.notification.destinations import Destinations

LOCAL = [
    "127.0.0.1",
    "127.8.9.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12::1",
    "fec0::1",
    "::ffff:10.0.0.1",
]
NEVER = [
    "0.0.0.0",
    "::",
    "255.255.255.255",
    "240.0.0.1",
    "224.0.0.1",
    "ff02::1",
    "169.254.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "::ffff:169.254.169.254",
    "2002:a9fe:a9fe::1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::224.0.0.1",
    "64:ff9b:1::169.254.169.254",
    "::169.254.169.254",
    "2001:0:a9fe:a9fe::1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "2001:db8::1",
    "not an address",
    "",
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


def networks(*texts):
    return [ipaddress.ip_network(text) for text in texts]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address):
    assert Destinations().accepts(address)


@pytest.mark.parametrize("address", LOCAL)
def test_local_addresses_are_reached_only_where_the_service_lets_everybody_in(address):
    assert not Destinations().accepts(address)
    assert Destinations(allows_local=True).accepts(address)


@pytest.mark.parametrize("address", NEVER)
def test_what_is_no_host_of_its_own_is_never_reached(address):
    assert not Destinations().accepts(address)
    assert not Destinations(allows_local=True).accepts(address)


@pytest.mark.parametrize("address", ["64:ff9b::10.0.0.1", "2002:a00:1::1", "::10.0.0.1"])
def test_a_private_address_inside_another_is_refused(address):
    assert not Destinations().accepts(address)


def test_what_the_operator_allows_is_reached():
    rule = Destinations(allowed=networks("10.0.0.0/8", "fd12::/16"))

    assert rule.accepts("10.1.2.3")
    assert rule.accepts("::ffff:10.1.2.3")
    assert rule.accepts("fd12::5")
    assert not rule.accepts("192.168.1.1")


def test_what_the_operator_denies_is_not_reached_even_where_it_is_allowed():
    rule = Destinations(allowed=networks("10.0.0.0/8"), denied=networks("10.1.0.0/16", "8.8.8.0/24"))

    assert rule.accepts("10.2.0.1")
    assert not rule.accepts("10.1.0.1")
    assert not rule.accepts("8.8.8.8")
    assert not rule.accepts("::ffff:8.8.8.8")
    assert not rule.accepts("64:ff9b::8.8.8.8")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "169.254.169.254"]
)
def test_a_host_that_is_a_refused_address_is_refused_in_every_spelling(host):
    assert not Destinations().accepts_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "localhost",
        "localhost.",
        "8.8.8.8",
        "[2606:4700::1111]",
        "b\u00fccher.de",
        "a\0b",
        "\0",
        "\ud800",
    ],
)
def test_names_are_not_judged_before_they_are_looked_up(host):
    assert Destinations().accepts_host(host)
