"""Addresses to listen on, and which of them other machines can reach (http section 2.2)."""

import ipaddress
import re
from typing import Any

from oslo_config import cfg, types

from zaqar.config.authentication import has_keystone
from zaqar.errors import ConfigurationError

_IN_BRACKETS = re.compile(r"\[([^\[\]]*:[^\[\]]*)\]")


class Address(types.HostAddress):
    """A host name or an address, an IPv6 address also in brackets as in a URL; the brackets go."""

    def __call__(self, value: Any) -> str:
        """Return the address without brackets. Raises ``ValueError``."""
        found = _IN_BRACKETS.fullmatch(str(value))
        return super().__call__(found[1] if found else value)


def is_public(bind: str) -> bool:
    """Tell whether other machines may reach a listener there; a host name that is not localhost counts as public."""
    if bind.startswith(("/", "unix:")):
        return False
    host = bind.strip("[]").lower()
    if host.rstrip(".") == "localhost":
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    # ::ffff:127.0.0.1 is loopback for Python from 3.13 on only.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_loopback


def check_address(conf: cfg.ConfigOpts) -> None:
    """Refuse to serve a public address without authentication unless told to."""
    if has_keystone(conf) or conf.server.allow_unauthenticated or conf.server.unix_socket:
        return
    bind = conf["drivers:transport:wsgi"].bind
    if is_public(bind):
        raise ConfigurationError(
            f"The address {bind} can be reached from other machines and there is no authentication: set "
            "auth_strategy = keystone, or [drivers:transport:wsgi] bind to 127.0.0.1, or [server] allow_unauthenticated = true if everyone who "
            "reaches it may read and delete all messages."
        )
