"""Which addresses other machines can reach (design, decision 20)."""

import ipaddress

from oslo_config import cfg

from zaqar.errors import ConfigurationError


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
    if conf.auth_strategy or conf.server.allow_unauthenticated or conf.server.unix_socket:
        return
    bind = conf["drivers:transport:wsgi"].bind
    if is_public(bind):
        raise ConfigurationError(
            f"The address {bind} can be reached from other machines and there is no authentication: set "
            "[drivers:transport:wsgi] bind to 127.0.0.1, or [server] allow_unauthenticated = true if everyone who "
            "reaches it may read and delete all messages."
        )
