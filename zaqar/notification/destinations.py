"""Which addresses webhooks may be sent to (notifications N-77): what is not public is not reached through the service."""

import dataclasses
import ipaddress
import socket
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOCAL: Sequence[Network] = [
    ipaddress.ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("::1/128", "fc00::/7", "fec0::/10"),
    )
]
_SPECIAL: Sequence[Network] = [
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "2001::/23", "5f00::/16")
]
"""For protocols, and no host's: whether ``ipaddress`` says so of each depends on its version."""

_METADATA = frozenset(ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200"))
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Destinations:
    """The rule, as configured.

    ``denied`` comes before ``allowed``, which comes before the rest. With ``allows_local`` loopback and private addresses
    are reached: where the service itself lets everybody in, it guards nothing by refusing them.
    """

    allowed: Sequence[Network] = ()
    denied: Sequence[Network] = ()
    allows_local: bool = False

    def accepts(self, address: str) -> bool:
        """Tell whether a connection may be made to an address; what is no address is refused."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return not _is_in(found, self.denied) and all(self._accepts(one) for one in _meanings(found))

    def accepts_host(self, host: str) -> bool:
        """Tell whether the host of a subscriber is not refused already as it stands there; names are looked up later."""
        literal = _literal(host)
        return literal is None or self.accepts(literal)

    def _accepts(self, address: Address) -> bool:
        if _is_in(address, self.denied):
            return False
        if _is_in(address, self.allowed):
            return True
        if address in _METADATA or _is_in(address, _SPECIAL):
            return False
        if _is_in(address, _LOCAL):
            return self.allows_local
        return address.is_global and not (
            address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
        )


def _meanings(address: Address) -> Iterator[Address]:
    """Return the addresses that are reached through one: itself, the IPv4 address in it, or both."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _TRANSLATED:  # what a host that only speaks IPv6 reaches all of IPv4 by
        yield inner
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _COMPATIBLE and int(address) > 1:
        yield inner


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _literal(host: str) -> str | None:
    """Return the address that a host says itself; None where it is a name.

    Also what only the system's functions take for an address: ``127.1``, ``2130706433``, ``0x7f.1``.
    """
    text = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(text))
    except (OSError, ValueError):  # ValueError: what could not be passed on, such as a zero character
        return None
