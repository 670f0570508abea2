"""Where webhooks may be sent to, as it is configured (notifications N-77)."""

import urllib.parse

from zaqar import config
from zaqar.errors import Invalid
from zaqar.notification.destinations import Destinations


def destinations(conf: config.Options) -> Destinations:
    """Return the rule for addresses."""
    return Destinations(
        allowed=config.networks(conf, "allowed_networks"),
        denied=config.networks(conf, "denied_networks"),
        allows_local=not config.has_keystone(conf),
    )


class Targets:
    """What is told of a subscriber's address when somebody subscribes; a name is looked up when it is sent to."""

    def __init__(self, conf: config.Options) -> None:
        self._destinations = destinations(conf)

    def check(self, subscriber: str) -> None:
        """Raise ``Invalid`` where the address stands there and is refused, or where there is no host or no such port."""
        try:
            parts = urllib.parse.urlsplit(subscriber)
            host, _ = parts.hostname, parts.port  # a port that is none raises ValueError
        except ValueError:
            host = None
        if not host:
            raise Invalid("The subscriber must be a URL with a host, and a port, if any, up to 65535.")
        if not self._destinations.accepts_host(host):
            raise Invalid(
                f"Webhooks are not sent to {host}: private, local and reserved addresses are reached only where the "
                "operator has named their network in [notification] allowed_networks."
            )
